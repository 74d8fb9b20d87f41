using System.Globalization;

namespace ResearchFreeze.Tests.Golden;

/// <summary>Compares with libtorch's numbers and remembers, for each kind of check, how much of the bound was used.</summary>
internal sealed class GoldenCheck
{
    private readonly SortedDictionary<string, (double Ratio, string Where)> worst = new(StringComparer.Ordinal);

    /// <summary>|found − expected| ≤ bound.</summary>
    public void Scalar(string kind, string where, double expected, double found, double bound) =>
        Within(kind, $"{where}: {found:R}, expected {expected:R}", Math.Abs(found - expected), bound);

    /// <summary>‖found − expected‖ ≤ relative · ‖expected‖.</summary>
    public void Norm(string kind, string where, double[] expected, double[] found, double relative) => Distance(kind, where, expected, found, relative * Norm(expected));

    /// <summary>‖found − expected‖ ≤ bound.</summary>
    public void Distance(string kind, string where, double[] expected, double[] found, double bound)
    {
        SameLength(kind, where, expected, found);
        Within(kind, where, Distance(expected, found), bound);
    }

    /// <summary>Every |foundᵢ − expectedᵢ| ≤ relative · max |expected|. Elements that are bitwise the same, or both NaN, always pass.</summary>
    public void Elements(string kind, string where, double[] expected, double[] found, double relative)
    {
        SameLength(kind, where, expected, found);
        double scale = expected.Length == 0 ? 0 : expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!expected[i].Equals(found[i])) Within(kind, $"{where}, element {i}: {found[i]:R}, expected {expected[i]:R}", Math.Abs(found[i] - expected[i]), relative * scale);
        }
        if (!worst.ContainsKey(kind)) worst[kind] = (0, where);
    }

    /// <summary>The same bits.</summary>
    public static void Identical(string where, double[] expected, double[] found)
    {
        if (!expected.AsSpan().SequenceEqual(found)) Assert.Fail($"{where}: the values moved.");
    }

    /// <summary>Writes the largest part of each bound that was used to the test's output.</summary>
    public void Report(string title)
    {
        foreach ((string kind, (double ratio, string where)) in worst)
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title}: {kind} used {ratio:G3} of its bound ({where})"));
    }

    public static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    public static double Distance(double[] a, double[] b) => Norm([.. a.Zip(b, (x, y) => x - y)]);

    private static void SameLength(string kind, string where, double[] expected, double[] found)
    {
        if (expected.Length != found.Length) Assert.Fail($"{kind}, {where}: {found.Length} elements, expected {expected.Length}.");
    }

    private void Within(string kind, string where, double error, double bound)
    {
        // Written so that a NaN fails.
        if (!(error <= bound)) Assert.Fail($"{kind}, {where}: off by {error:G3}, allowed {bound:G3}.");
        double ratio = bound == 0 ? 0 : error / bound;
        if (!worst.TryGetValue(kind, out (double Ratio, string Where) before) || ratio > before.Ratio) worst[kind] = (ratio, where);
    }
}
