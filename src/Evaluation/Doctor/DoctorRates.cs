using System.Diagnostics;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>What launches, copies, products and convolutions cost on a device, each in well under a second.</summary>
internal sealed class DoctorRates(Device device, DeviceFacts facts)
{
    private const int Runs = 3;
    private const double Enough = 0.02;       // seconds that one measurement should take
    private const double TooLong = 0.1;       // and seconds that it may be expected to take
    private static readonly int[] Sides = [128, 256, 512, 1024, 2048, 4096];
    private static readonly int[] Batches = [1, 4, 16, 64, 256];

    // 256 MiB of float32: more than any cache holds, so that memory's rate is what is measured.
    private const int MostCopied = 1 << 26;

    // Of reals. The reference's plain loops would need seconds.
    private int CopyElements => device is ReferenceDevice ? 1 << 18 : 1 << 24;

    public IReadOnlyList<DoctorRate> Measure()
    {
        double bytes = (double)CopyElements * device.RealSize;
        var host = new float[CopyElements];
        double? flops = facts.FlopsPerSecond / 1e9;
        return
        [
            Of("launch, back to back", "µs", null, () => 1e6 * Launches(waits: false)),
            Of("launch, with a wait", "µs", null, () => 1e6 * Launches(waits: true)),
            Of($"host to device, {bytes / (1 << 20):F0} MiB", "GB/s", null, () => bytes / 1e9 / OnRange(range => device.Upload(host, range))),
            Of($"device to host, {bytes / (1 << 20):F0} MiB", "GB/s", null, () => bytes / 1e9 / OnRange(range => device.Download(range, host))),
            Copies(),
            .. Products(flops), .. Convolutions(flops),
        ];
    }

    private static DoctorRate Of(string name, string unit, double? limit, Func<double> measure)
    {
        double? value = null;
        CheckResult result = CheckResult.Of(name, () =>
        {
            value = measure();
            return (1, null, null);
        });
        return new DoctorRate(name, value, unit, limit, result.Failure);
    }

    /// <summary>Seconds of a launch that does nearly nothing.</summary>
    private double Launches(bool waits)
    {
        using var scope = new Scope();
        TensorRange one = Tensor.Zeros(device, [1]).Range;
        for (int count = 16; ; count *= 4)
        {
            double seconds = Best(() =>
            {
                for (int i = 0; i < count; i++)
                {
                    device.Fill(one, 1);
                    if (waits) device.Synchronize();
                }
            });
            if (seconds >= Enough || count >= 1 << 14) return seconds / count;
        }
    }

    private double OnRange(Action<TensorRange> work)
    {
        using var scope = new Scope();
        TensorRange range = Tensor.Zeros(device, [CopyElements]).Range;
        return Best(() => work(range));
    }

    /// <summary>From one range to another; smaller ones on a device that says how much memory it has, where there is not enough.</summary>
    private DoctorRate Copies()
    {
        for (int elements = facts.MemoryBytes is null ? CopyElements : MostCopied; ; elements /= 2)
        {
            double bytes = (double)elements * device.RealSize;
            bool isTooLarge = false;
            DoctorRate rate = Of($"device to device, {bytes / (1 << 20):F0} MiB, read and written", "GB/s", facts.BytesPerSecond / 1e9, () =>
            {
                try
                {
                    return 2 * bytes / 1e9 / CopySeconds(elements);
                }
                catch (OutOfMemoryException) when (elements > CopyElements)
                {
                    isTooLarge = true;
                    return double.NaN;
                }
            });
            if (!isTooLarge) return rate;
        }
    }

    private double CopySeconds(int elements)
    {
        using var scope = new Scope();
        TensorRange from = Tensor.Zeros(device, [elements]).Range, to = Tensor.Zeros(device, [elements]).Range;
        return Best(() => device.Copy(from, to));
    }

    private IEnumerable<DoctorRate> Products(double? limit) => Growing(limit, Sides, side => $"product {side}³", side => GemmShape.Of(side, side, side).Flops, side =>
    {
        using var scope = new Scope();
        TensorRange a = Tensor.Full(device, [side, side], 0.5).Range, b = Tensor.Full(device, [side, side], 0.5).Range, c = Tensor.Zeros(device, [side, side]).Range;
        return Best(() => device.Gemm(GemmShape.Of(side, side, side), a, b, c));
    });

    /// <summary>3×3, 64 channels to 64, 16×16 pixels: the three directions, at the largest batch that is affordable.</summary>
    private IEnumerable<DoctorRate> Convolutions(double? limit)
    {
        foreach (string direction in (string[])["convolution", "its input gradient", "its weight gradient"])
        {
            yield return Growing(limit, Batches, batch => $"{direction}, 3×3, 64 to 64 channels, {batch} × 16 × 16", batch => Convolution(batch).Flops, batch =>
            {
                Conv2dShape shape = Convolution(batch);
                using var scope = new Scope();
                TensorRange x = Tensor.Full(device, [shape.InputCount], 0.5).Range, y = Tensor.Full(device, [shape.OutputCount], 0.5).Range, w = Tensor.Full(device, [shape.WeightCount], 0.5).Range;
                return Best(direction switch
                {
                    "convolution" => () => device.Conv2d(shape, x, w, null, y),
                    "its input gradient" => () => device.Conv2dInputGradient(shape, y, w, x),
                    _ => () => device.Conv2dWeightGradient(shape, x, y, w),
                });
            }).Last();
        }
    }

    private static Conv2dShape Convolution(int batch) => Conv2dShape.Of([batch, 16, 16, 64], [64, 3, 3, 64], 1, 1, 1, 1);

    /// <summary>Rates in GFLOP/s for growing sizes, until the next would take too long by the last one's rate.</summary>
    private static IEnumerable<DoctorRate> Growing(double? limit, int[] sizes, Func<int, string> name, Func<int, long> flops, Func<int, double> seconds)
    {
        double perSecond = double.PositiveInfinity;
        foreach (int size in sizes)
        {
            if (flops(size) / perSecond > TooLong) yield break;
            DoctorRate rate = Of(name(size), "GFLOP/s", limit, () => flops(size) / seconds(size) / 1e9);
            yield return rate;
            if (rate.Value is not { } value) yield break;
            perSecond = value * 1e9;
        }
    }

    /// <summary>The best of a few runs, of one where it is long, after one that compiles and warms up.</summary>
    private double Best(Action work)
    {
        double best = double.PositiveInfinity;
        for (int run = 0; run <= Runs; run++)
        {
            device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            work();
            device.Synchronize();
            if (run > 0) best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (run > 0 && best > TooLong) break;
        }
        return best;
    }
}
