//! Loops compiled for several kinds of processors. The best version is chosen at run time (`pulp`).
//!
//! So a plain release build uses the widest vectors that the machine has. A build with debug assertions,
//! such as the tests', has only one version: at its optimization level the compiler does not vectorize
//! loops, and three versions of every loop are three times the code to compile. The results are bit for
//! bit the same, because no version rounds differently.

/// Runs `loops` in a version compiled for this processor's vector instructions.
///
/// Write the loops inside the closure, over slices, and call only what can be inlined into it. A
/// closure of more than a few lines needs `#[inline(always)]`: otherwise it may stay a separate
/// function, compiled for the oldest processor.
#[inline(always)]
pub fn vectorized<R>(mut loops: impl FnMut() -> R) -> R {
    struct Loops<F>(F);

    impl<R, F: FnMut() -> R> pulp::WithSimd for Loops<F> {
        type Output = R;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(mut self, _: S) -> R {
            (self.0)()
        }
    }

    if cfg!(debug_assertions) {
        return loops();
    }
    pulp::Arch::new().dispatch(Loops(loops))
}

/// Returns the name of the vector instructions that [`vectorized`] uses on this processor in a release build:
/// `x86-64-v4` (AVX-512), `x86-64-v3` (AVX2 and FMA) or `neon`; `baseline` where it has none of these. An x86-64-v2
/// processor counts as `baseline`: it runs the loops with SSE2, which every x86-64 has.
pub fn instruction_set() -> &'static str {
    struct Name;

    impl pulp::WithSimd for Name {
        type Output = &'static str;

        fn with_simd<S: pulp::Simd>(self, _: S) -> &'static str {
            match std::any::type_name::<S>().rsplit("::").next() {
                Some("V4") => "x86-64-v4",
                Some("V3") => "x86-64-v3",
                Some("Neon") => "neon",
                _ => "baseline",
            }
        }
    }

    pulp::Arch::new().dispatch(Name)
}
