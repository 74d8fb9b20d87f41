using System.Diagnostics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Measures a device's two constants for <see cref="MachineRates"/>, each the best of several runs. Operations a second: on a CPU, multiply-adds on registers by all threads, which no product can exceed that does as many as are counted;
/// on other devices a square product of 768. Bytes a second: a copy of 32 MiB, read and written.
/// </summary>
public static class MachineBenchmark
{
    private const int Size = 768;
    private const int ReferenceSize = 96;
    private const int CopyElements = 8 << 20;
    private const int Runs = 7;

    /// <summary>Measures; takes some tens of milliseconds. On the reference device both are far smaller, since it is not built for speed.</summary>
    public static MachineRates Measure(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        // The reference's plain loops would need seconds for a product of this size.
        int size = device is ReferenceDevice ? ReferenceSize : Size, elements = device is ReferenceDevice ? 1 << 18 : CopyElements;
        using var scope = new Scope();
        Tensor from = Tensor.Full(device, [elements], 1), to = Tensor.Zeros(device, [elements]);
        double bandwidth = 2.0 * elements * device.RealSize / Best(device, () => device.Copy(from.Range, to.Range));
        if (device is CpuDevice cpu) return new MachineRates(MultiplyAddPeak.Measure(cpu.Pool, cpu.SimdLevel), bandwidth);
        Tensor a = Tensor.Full(device, [size, size], 1), b = Tensor.Full(device, [size, size], 1), c = Tensor.Zeros(device, [size, size]);
        GemmShape shape = GemmShape.Of(size, size, size);
        return new MachineRates(shape.Flops / Best(device, () => device.Gemm(shape, a.Range, b.Range, c.Range)), bandwidth);
    }

    /// <summary>What the peak of a device is measured by, in words.</summary>
    public static string PeakMeasure(Device device) => device switch
    {
        CpuDevice => "multiply-adds on registers",
        ReferenceDevice => $"a square product of {ReferenceSize}",
        _ => $"a square product of {Size}",
    };

    private static double Best(Device device, Action work)
    {
        using CostScope scope = device.Counters.For(CostKind.Other);
        double best = double.PositiveInfinity;
        for (int i = 0; i < Runs; i++)
        {
            device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            work();
            device.Synchronize();
            if (i > 0) best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
