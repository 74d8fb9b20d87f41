using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ResearchFreeze.Autograd;

// What the driver says about the device.
public sealed partial class GpuDevice
{
    private const double Mega = 1e6;

    /// <summary>What is known of this device.</summary>
    internal DeviceFacts Facts() => accelerator.Device switch
    {
        CudaDevice cuda => OfCuda(cuda, Precision),
        CLDevice cl => new DeviceFacts { Ilgpu = Context.Version, MemoryBytes = cl.MemorySize, Driver = $"{cl.DeviceVersion} by {cl.VendorName}" },
        _ => new DeviceFacts { Ilgpu = Context.Version },
    };

    private static DeviceFacts OfCuda(CudaDevice cuda, Precision precision)
    {
        // The driver's clocks are in MHz, and 0 where it does not tell. Memory moves data at both edges of its clock.
        double? clock = cuda.ClockRate > 0 ? cuda.ClockRate * Mega : null, memoryClock = cuda.MemoryClockRate > 0 ? cuda.MemoryClockRate * Mega : null;
        return new DeviceFacts
        {
            Ilgpu = Context.Version,
            Driver = $"CUDA {cuda.DriverVersion.Major}.{cuda.DriverVersion.Minor}",
            Architecture = cuda.Architecture?.ToString(),
            MemoryBytes = cuda.MemorySize,
            FlopsPerSecond = 2.0 * cuda.NumMultiprocessors * (precision == Precision.Float32 ? LanesOf(cuda.Architecture) : TensorLanesOf(cuda.Architecture, precision)) * clock,
            BytesPerSecond = cuda.MemoryBusWidth > 0 ? 2.0 * (cuda.MemoryBusWidth / 8) * memoryClock : null,
        };
    }

    /// <summary>float32 lanes of a multiprocessor, by NVIDIA's programming guide; null for architectures that it did not know when this was written.</summary>
    private static int? LanesOf(CudaArchitecture? architecture) => architecture is not { } known ? null : (known.Major, known.Minor) switch
    {
        (7, _) or (8, 0) or (6, 0) => 64,
        (5, _) or (6, _) or (8, _) or (9, 0) or (10, _) or (12, _) => 128,
        _ => null,
    };

    /// <summary>Multiplications that a multiprocessor's tensor cores begin in a clock, by NVIDIA's papers on the A100 and the H100 (156 and 312, 494 and 989 TFLOP/s, dense); null for others.</summary>
    private static int? TensorLanesOf(CudaArchitecture? architecture, Precision precision) => architecture is not { } known ? null : (known.Major, known.Minor) switch
    {
        (8, 0) => precision == Precision.TF32 ? 512 : 1024,
        (9, 0) => precision == Precision.TF32 ? 1024 : 2048,
        _ => null,
    };
}
