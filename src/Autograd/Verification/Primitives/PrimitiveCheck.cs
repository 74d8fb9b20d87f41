using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>One primitive on shapes that matter: ends of groups and tiles, 1, primes, nothing at all; every flag and beta 0, 1 and another.</summary>
/// <param name="Primitive">What is checked.</param>
/// <param name="Body">Draws operands, which the host makes, and calls the primitive; nothing else that computes.</param>
public sealed record PrimitiveCheck(Primitive Primitive, Action<PrimitiveBench> Body)
{
    /// <summary>Allowed |difference| / (1 + |expected|) on a float32 device.</summary>
    public double Tolerance { get; init; } = 2e-6;

    /// <summary>Compares a device with the reference, and with itself when the same is done again.</summary>
    /// <param name="device">The device under test.</param>
    /// <param name="reference">Defines what is right.</param>
    public CheckResult Run(Device device, ReferenceDevice reference)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(reference);
        double[][] expected = PrimitiveBench.Run(reference, Body);
        return Compare(device, expected);
    }

    private CheckResult Compare(Device device, double[][] expected)
    {
        double again = double.NaN;
        CheckResult result = CheckResult.Of(Primitive.ToString(), () =>
        {
            long before = device.Counters.Calls(Primitive);
            double[][] found = PrimitiveBench.Run(device, Body);
            int cases = (int)(device.Counters.Calls(Primitive) - before);
            (double largest, string? failure) = PrimitiveBench.Compare(expected, found, Tolerance);
            long start = Stopwatch.GetTimestamp();
            double[][] repeated = PrimitiveBench.Run(device, Body);
            again = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (cases == 0) failure ??= $"{Primitive} was never called";
            return (cases, largest, failure ?? FirstOtherBits(found, repeated));
        });
        return double.IsNaN(again) ? result : result with { Seconds = result.Seconds - again, SecondsAgain = again };
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
