//! The pages this project writes, opened as a reader opens them: in a browser, by keyboard and
//! click, on a desk and on a phone.
//!
//! Where Chromium is absent the tests say so and pass; `.ci/run` installs it.

mod harness;
mod language;
mod page;
mod playground;
mod report;
mod tape;
