using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>Colours of units from the input on: as many as are told apart have one each, more are from dark to light.</summary>
internal static class UnitColors
{
    /// <summary>More are told apart by their order only, by lightness.</summary>
    public const int MostNamed = 7;

    /// <summary>The colour of one.</summary>
    public static Color Of(int unit, int count) => count > MostNamed ? Palette.InOrder(unit / (count - 1.0)) : Palette.Series[unit];

    /// <summary>Those that a legend names: all, or the first, the last and some between.</summary>
    public static IReadOnlyList<int> Named(int count) =>
        count <= MostNamed ? [.. Enumerable.Range(0, count)] : [.. Enumerable.Range(0, MostNamed).Select(i => (int)Math.Round(i * (count - 1) / (MostNamed - 1.0)))];
}
