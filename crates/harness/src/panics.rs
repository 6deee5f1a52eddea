//! A panic of a method is caught and becomes text.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic in it is returned as one line of text instead of being printed.
///
/// The first call installs a panic hook for the process. It passes everything on to the hook that was there, except panics
/// of threads that are inside this function: those of threads that `work` starts itself are printed as ever.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            if CATCHING.get() {
                MESSAGE.set(Some(one_line(info)));
            } else {
                previous(info);
            }
        }));
    });
    CATCHING.set(true);
    // What `work` can have left half-changed is dropped with it: callers pass nothing mutable that they use afterwards.
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(false);
    result.map_err(|_| MESSAGE.take().unwrap_or_else(|| "panicked".to_owned()))
}

fn one_line(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    let message = info.payload_as_str().unwrap_or("no message");
    format!("panicked{place}: {}", message.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_one_line_with_its_place_and_the_thread_goes_on() {
        let message = catch(|| -> u8 { panic!("two\nlines and {}", 3) }).expect_err("panics");
        assert!(message.starts_with("panicked at ") && message.contains("panics.rs:"), "{message}");
        assert!(message.ends_with(": two lines and 3"), "{message}");
        assert_eq!(catch(|| 7), Ok(7));
    }
}
