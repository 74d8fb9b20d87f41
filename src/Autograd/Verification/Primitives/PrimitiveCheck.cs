using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>A primitive's cases as the reference computes them, to hold devices against.</summary>
public sealed class PrimitiveCheck
{
    private const double LongestSum = 6.2e-5;
    private readonly PrimitiveDescription description;
    private readonly CaseSizes sizes;
    private readonly Dictionary<Precision, double[][]> expected = [];

    /// <summary>They are computed when a device has got so far.</summary>
    /// <param name="primitive">Which primitive.</param>
    /// <param name="sizes">Which of its cases; null: the usual ones.</param>
    public PrimitiveCheck(Primitive primitive, CaseSizes? sizes = null)
    {
        description = Primitives.Of(primitive);
        this.sizes = sizes ?? CaseSizes.Usual;
    }

    /// <summary>Compares a device with the reference, and with itself when the same is done again.</summary>
    public CheckResult Run(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        double again = double.NaN, referenceSeconds = 0;
        Primitive primitive = description.Primitive;
        CheckResult result = CheckResult.Of(primitive.ToString(), () =>
        {
            long before = device.Counters.Calls(primitive);
            double[][] found = PrimitiveBench.Run(device, description.Cases, sizes);
            int cases = (int)(device.Counters.Calls(primitive) - before);
            long start = Stopwatch.GetTimestamp();
            if (!expected.TryGetValue(device.Precision, out double[][]? wanted)) expected[device.Precision] = wanted = Expected(device.Precision);
            referenceSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            (double largest, string? failure) = PrimitiveBench.Compare(wanted, found, ToleranceOn(device));
            if (cases == 0) failure ??= $"{primitive} was never called";
            if (!sizes.AreRepeated) return (cases, largest, failure);
            start = Stopwatch.GetTimestamp();
            double[][] repeated = PrimitiveBench.Run(device, description.Cases, sizes);
            again = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return (cases, largest, failure ?? FirstOtherBits(found, repeated));
        });
        result = result with { Seconds = result.Seconds - referenceSeconds };
        return double.IsNaN(again) ? result : result with { Seconds = result.Seconds - again, SecondsAgain = again };
    }

    /// <summary>The reference rounds operands as the device does, so that only sums differ. Tensor cores cut off what a sum of float32 does not hold, once a step of eight elements: 4096 / 8 · 2⁻²³.</summary>
    private double ToleranceOn(Device device) => device.Precision != Precision.Float32 && description.IsProduct ? Math.Max(description.Tolerance, LongestSum) : description.Tolerance;

    private double[][] Expected(Precision precision)
    {
        using var reference = new ReferenceDevice(precision);
        return PrimitiveBench.Run(reference, description.Cases, sizes);
    }

    private static string? FirstOtherBits(double[][] first, double[][] second)
    {
        for (int s = 0; s < first.Length; s++)
        {
            int at = MemoryMarshal.Cast<double, long>(first[s]).CommonPrefixLength(MemoryMarshal.Cast<double, long>(second[s]));
            if (at < first[s].Length) return FormattableString.Invariant($"operand {s}, element {at}: expected the same bits each time, found {first[s][at]:R} and then {second[s][at]:R}");
        }
        return null;
    }
}
