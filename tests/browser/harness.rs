//! What the other tests rely on: that the harness sees what is wrong with a page, if anything is.

use crate::page::{self, PHONE, Page};

#[test]
fn a_quiet_page_has_no_complaints() {
    let file = page::write(
        "quiet.html",
        "<!doctype html><title>quiet</title><p>before</p><button>go</button><script>
         const p = document.querySelector('p');
         document.querySelector('button').onclick = () => { p.textContent += ', clicked'; };
         onkeydown = event => { p.textContent += ', ' + event.key; };
         console.log('this is no complaint');
         </script>",
    );
    let Some(page) = Page::open(&file) else { return };
    page.click("button");
    page.press("ArrowRight");
    assert_eq!(page.text("p"), "before, clicked, ArrowRight");
    assert_eq!(page.evaluate("[1 + 1, {a: 'b'}]"), serde_json::json!([2, {"a": "b"}]));
    let is_dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    for dark in [true, false] {
        page.prefer_dark(dark);
        assert_eq!(page.evaluate(is_dark), dark);
    }
    page.resize(PHONE);
    assert_eq!(page.evaluate("innerWidth"), PHONE.0);
    assert_eq!(page.overflow(), 0);
    assert!(page.screenshot("quiet").exists());
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_page_that_complains_calls_out_or_overflows_is_caught() {
    let file = page::write(
        "loud.html",
        "<!doctype html><title>loud</title><div style='width: 400px'>wide</div>
         <img src='missing.png'><script>
         console.warn('number', 7);
         setTimeout(() => { throw new Error('thrown'); });
         </script>",
    );
    let Some(page) = Page::open(&file) else { return };
    page.resize(PHONE);
    assert!(page.overflow() > 0);
    let complaints = page.complaints();
    for expected in ["console: number 7", "exception: Error: thrown", "missing.png"] {
        assert!(complaints.iter().any(|c| c.contains(expected)), "{expected}: {complaints:?}");
    }
}
