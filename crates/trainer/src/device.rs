//! The device that trains: burn's CPU backend, in double precision.

use burn::tensor::{Device, FloatDType};
use optgap_problem::TrainError;
use std::sync::OnceLock;

/// The CPU device without autodiff, configured for `f64`.
///
/// burn fixes a device's default number type once per process, so the first call does it for all.
///
/// # Errors
/// When other code in this process has already fixed another number type.
pub(crate) fn device() -> Result<Device, TrainError> {
    static CONFIGURED: OnceLock<Result<(), String>> = OnceLock::new();
    let configured = CONFIGURED.get_or_init(|| {
        crate::memory::keep_freed_memory();
        Device::flex()
            .configure(FloatDType::F64)
            .map_err(|error| format!("the CPU device does not take double precision: {error}"))
    });
    configured.clone().map_err(TrainError::Failed)?;
    Ok(Device::flex())
}
