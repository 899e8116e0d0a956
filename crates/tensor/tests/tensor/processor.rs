//! Loops run with the widest vectors that the processor has. Without a feature of `pulp`, they would
//! silently run without any, up to forty times slower.

use tensor::instruction_set;

#[test]
fn loops_run_with_the_widest_instruction_set_of_this_processor() {
    assert_eq!(instruction_set(), widest());
}

#[cfg(target_arch = "x86_64")]
fn widest() -> &'static str {
    let has_v3 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let has_v4 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (has_v3, has_v4) {
        (true, true) => "x86-64-v4",
        (true, false) => "x86-64-v3",
        _ => "baseline",
    }
}

#[cfg(target_arch = "aarch64")]
fn widest() -> &'static str {
    "neon"
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn widest() -> &'static str {
    "baseline"
}
