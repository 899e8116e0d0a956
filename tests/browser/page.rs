//! One page in a browser without a window, as a test drives it.
//!
//! Chromium is driven over its DevTools protocol. From the moment a page opens, everything it logs
//! as a warning or error, every uncaught exception and every request to anything but the page
//! itself is kept; [`Page::complaints`] gives the list, which for our pages must be empty.

use std::ffi::OsStr;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Network, Page as Protocol, Runtime};
use headless_chrome::{Browser, LaunchOptions, Tab, browser};
use serde_json::Value;

/// The narrowest phone that the pages must fit, in CSS pixels.
pub const PHONE: (u32, u32) = (360, 740);
/// A window on a desk.
pub const DESK: (u32, u32) = (1200, 860);

const PATIENCE: Duration = Duration::from_secs(60);

/// A page open in a browser of its own.
pub struct Page {
    tab: Arc<Tab>,
    seen: Arc<Mutex<Seen>>,
    /// Closes the browser when dropped.
    _browser: Browser,
}

#[derive(Default)]
struct Seen {
    complaints: Vec<String>,
    /// The number of markers of [`Page::complaints`] that have come through.
    markers: usize,
}

const MARKER: &str = "everything before this has been reported";

/// Writes a page to the folder of test files, under `name`.
pub fn write(name: &str, html: &str) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, html).expect("the folder of test files is writable");
    path
}

/// Where pages and screenshots of the tests are kept: `target/tmp/browser`.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

impl Page {
    /// Opens an HTML file on a desk-sized screen. Without a browser it says so and returns `None`.
    pub fn open(file: &Path) -> Option<Self> {
        let Ok(executable) = browser::default_executable() else {
            // Not eprintln!, which a test that passes does not show.
            writeln!(
                stderr(),
                "skipped: no Chromium or Chrome found, so {} was not opened: install it (Debian: \
                 apt-get install chromium) or name it in the variable CHROME",
                file.display()
            )
            .expect("stderr");
            return None;
        };
        let browser = Browser::new(options(executable)).expect("the browser starts");
        let tab = browser.new_tab().expect("the browser opens a tab");
        tab.set_default_timeout(PATIENCE);
        let url = format!("file://{}", file.canonicalize().expect("the page exists").display());
        let seen = Arc::new(Mutex::new(Seen::default()));
        listen(&tab, &url, &seen);
        let page = Self { tab, seen, _browser: browser };
        page.resize(DESK);
        page.tab.navigate_to(&url).expect("a file address");
        page.tab.wait_until_navigated().expect("the page loads");
        Some(page)
    }

    /// The value of a JavaScript expression; promises are awaited.
    ///
    /// # Panics
    /// If it throws.
    #[track_caller]
    pub fn evaluate(&self, expression: &str) -> Value {
        let script = format!("(async () => JSON.stringify(await ({expression})) ?? 'null')()");
        let result = self.tab.evaluate(&script, true).expect("the browser answers");
        match result.value {
            Some(Value::String(json)) => serde_json::from_str(&json).expect("JSON.stringify's"),
            _ => panic!("{expression}: {}", result.description.unwrap_or_default()),
        }
    }

    /// The text of the first element that a CSS selector finds, as a reader sees it.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let found = format!("document.querySelector({selector:?})");
        // What is drawn in SVG has no innerText.
        let text = self.evaluate(&format!("{found}.innerText ?? {found}.textContent"));
        text.as_str().expect("a text").to_string()
    }

    /// Presses and releases a key, named as in `KeyboardEvent.key`: `ArrowRight`, `Home`, `a`.
    #[track_caller]
    pub fn press(&self, key: &str) {
        self.tab.press_key(key).expect("a key of the keyboard");
    }

    /// Types a text where the cursor is, key by key.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.tab.type_str(text).expect("keys of the keyboard");
    }

    /// Scrolls to the first element that a CSS selector finds and clicks into its middle.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let element = self.tab.wait_for_element(selector).expect(selector);
        element.click().expect(selector);
    }

    /// Sets the size of the screen in CSS pixels, such as [`PHONE`] or [`DESK`].
    pub fn resize(&self, (width, height): (u32, u32)) {
        let metrics = Emulation::SetDeviceMetricsOverride {
            width,
            height,
            device_scale_factor: 1.0,
            mobile: false,
            scale: None,
            screen_width: None,
            screen_height: None,
            position_x: None,
            position_y: None,
            dont_set_visible_size: None,
            screen_orientation: None,
            viewport: None,
            display_feature: None,
            device_posture: None,
        };
        self.tab.call_method(metrics).expect("a screen size");
    }

    /// Makes the page believe that its reader prefers a dark or a light screen.
    pub fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" }.to_string();
        let scheme = Emulation::MediaFeature { name: "prefers-color-scheme".into(), value };
        let media = Emulation::SetEmulatedMedia { media: None, features: Some(vec![scheme]) };
        self.tab.call_method(media).expect("a color scheme");
    }

    /// Saves what the screen shows as `target/tmp/browser/NAME.png`.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let format = Protocol::CaptureScreenshotFormatOption::Png;
        let image = self.tab.capture_screenshot(format, None, None, true).expect("a picture");
        let path = folder().join(format!("{name}.png"));
        fs::write(&path, image).expect("the folder of test files is writable");
        path
    }

    /// What the page should not have done, in words: errors and warnings logged, exceptions,
    /// requests to anything but itself.
    pub fn complaints(&self) -> Vec<String> {
        // Reports arrive in order but later than the calls that cause them. So the page logs a
        // last line, and when that has arrived all others have.
        let before = self.seen.lock().expect("no listener panics").markers;
        self.evaluate(&format!("console.debug({MARKER:?})"));
        let deadline = Instant::now() + PATIENCE;
        while self.seen.lock().expect("no listener panics").markers == before {
            assert!(Instant::now() < deadline, "the browser does not report what the page logs");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.seen.lock().expect("no listener panics").complaints.clone()
    }

    /// Returns by how many CSS pixels the page is wider than the screen: 0 unless it scrolls sideways.
    pub fn overflow(&self) -> u64 {
        let wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.evaluate(wider).as_u64().expect("a width")
    }
}

/// A browser that keeps to itself: no window, a fresh profile, no traffic of its own.
fn options(executable: PathBuf) -> LaunchOptions<'static> {
    let flags = [
        "--disable-quic",
        "--disable-component-update",
        "--hide-scrollbars",
        // So that a picture shows a page at rest.
        "--force-prefers-reduced-motion",
    ];
    LaunchOptions {
        path: Some(executable),
        // As root, which containers run as, Chromium's sandbox cannot start.
        sandbox: false,
        idle_browser_timeout: PATIENCE,
        args: flags.map(OsStr::new).to_vec(),
        ..LaunchOptions::default()
    }
}

/// Files what the tab reports from now on.
fn listen(tab: &Tab, url: &str, seen: &Arc<Mutex<Seen>>) {
    let (url, seen) = (url.to_string(), Arc::clone(seen));
    let file = move |event: &Event| {
        let mut seen = seen.lock().expect("no listener panics");
        match event {
            Event::RuntimeConsoleAPICalled(event) => match words(&event.params.args) {
                text if text == MARKER => seen.markers += 1,
                text if is_complaint(&event.params.Type) => {
                    seen.complaints.push(format!("console: {text}"));
                }
                _ => {}
            },
            Event::RuntimeExceptionThrown(event) => {
                let details = &event.params.exception_details;
                let thrown = details.exception.as_ref().and_then(|e| e.description.clone());
                let text = thrown.unwrap_or_else(|| details.text.clone());
                seen.complaints.push(format!("exception: {text}"));
            }
            Event::NetworkRequestWillBeSent(event) => {
                let to = &event.params.request.url;
                if *to != url && !to.starts_with("data:") {
                    seen.complaints.push(format!("request: {to}"));
                }
            }
            Event::LogEntryAdded(event) => {
                seen.complaints.push(format!("log: {}", event.params.entry.text));
            }
            _ => {}
        }
    };
    tab.add_event_listener(Arc::new(file)).expect("a listener");
    let network = Network::Enable {
        max_total_buffer_size: None,
        max_resource_buffer_size: None,
        max_post_data_size: None,
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    };
    tab.call_method(network).expect("the protocol's domain Network");
    tab.enable_runtime().expect("the protocol's domain Runtime");
    tab.enable_log().expect("the protocol's domain Log");
}

/// The arguments of a console call, as one line.
fn words(arguments: &[Runtime::RemoteObject]) -> String {
    let word = |argument: &Runtime::RemoteObject| match &argument.value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => argument.description.clone().unwrap_or_default(),
    };
    arguments.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn is_complaint(kind: &Runtime::ConsoleAPICalledEventTypeOption) -> bool {
    use Runtime::ConsoleAPICalledEventTypeOption::{Assert, Error, Warning};
    matches!(kind, Assert | Error | Warning)
}
