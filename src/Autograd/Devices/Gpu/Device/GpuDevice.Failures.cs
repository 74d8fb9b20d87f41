using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ResearchFreeze.Autograd;

// What ILGPU throws after the device was opened. Told apart when it is reported, not caught at every launch.
public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    public override DeviceUnavailableException? FailureOf(Exception exception)
    {
        string? failure = exception switch
        {
            // From GpuLaunchers: the message names the kernel.
            NotSupportedException { InnerException: InternalCompilerException or AcceleratorException or NotSupportedException } => exception.Message,
            AcceleratorException or CuBlasException or GraphException or InternalCompilerException or NotSupportedException { Source: nameof(ILGPU) } =>
                $"failed{(Kernels.Last is { } kernel ? $" in or after the launch of {kernel}" : "")}: {TextOf(exception)}.",
            _ => null,
        };
        return failure is null ? null : new DeviceUnavailableException($"{Name}: {failure.ReplaceLineEndings(" ")}", exception);
    }

    private static string TextOf(Exception exception) => exception switch
    {
        // OpenCL has a name for an error and no words.
        CLException cl => cl.Error.ToString(),
        CudaException cuda => $"{cuda.Message.TrimEnd('.')} ({cuda.Error})",
        CuBlasException cuBlas => $"cuBLAS, {cuBlas.Error}",
        _ => (exception.InnerException ?? exception).Message.TrimEnd('.'),
    };
}
