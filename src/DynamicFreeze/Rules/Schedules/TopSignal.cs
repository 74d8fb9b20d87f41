namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Before the first step, of the units of each kind those with the highest <see cref="SpectralSignal"/> go on training, heads and units with embeddings always, and all others are frozen for good (Spectrum, Hartford et al.
/// 2024). Needs no data, but trained weights: of random ones the order means nothing.
/// </summary>
public sealed class TopSignal : IFreezeRule<NoState>, IScheduleRule
{
    private readonly double percent;

    /// <summary>A rule.</summary>
    /// <param name="percent">How many of the units of a kind train, in percent, rounded down; in [0, 100].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public TopSignal(double percent = 50)
    {
        if (percent is not (>= 0 and <= 100)) throw new ArgumentOutOfRangeException(nameof(percent), FormattableString.Invariant($"{Name}: the percentage must be in [0, 100], found {percent}."));
        this.percent = percent;
    }

    /// <inheritdoc/>
    public string Name => "top-signal";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{percent}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        if (context.Step > 0) return decision;
        foreach (IGrouping<string, UnitView> kind in context.Units.Where(unit => !unit.IsHead && !unit.IsEmbedding).GroupBy(unit => KindOf(unit.Path), StringComparer.Ordinal))
        {
            (UnitView Unit, double Ratio)[] ranked = [.. kind.Select(unit => (unit, RatioOf(unit))).Where(one => !double.IsNaN(one.Item2)).OrderByDescending(one => one.Item2)];
            int trains = (int)((ranked.Length * percent / 100) + 1e-9);
            foreach ((int place, (UnitView unit, double ratio)) in ranked.Index().Skip(trains))
                decision.Freeze(unit.Index, FormattableString.Invariant($"signal to noise {ratio:G3}, place {place + 1} of the {ranked.Length} units of the kind '{kind.Key}', of which {(trains == 0 ? "none" : $"the first {trains}")} train{(trains == 1 ? "s" : "")}"));
        }
        return decision;
    }

    /// <summary>
    /// What units of a kind have in common: a path without what leads up to its first number, <c>encoder.layer.3.output</c>: <c>output</c>; or, if no part of it is a number, without the first number at the end of a part,
    /// <c>block2.conv1</c>: <c>block.conv1</c>.
    /// </summary>
    internal static string KindOf(string path)
    {
        string[] parts = path.Split('.');
        int number = Array.FindIndex(parts, part => part.All(char.IsAsciiDigit));
        // A path that ends with its number: all of a list's members are of one kind.
        if (number >= 0) return number == parts.Length - 1 ? string.Join('.', parts[..number]) : string.Join('.', parts[(number + 1)..]);
        int numbered = Array.FindIndex(parts, part => char.IsAsciiDigit(part[^1]));
        if (numbered >= 0) parts[numbered] = parts[numbered].TrimEnd([.. Enumerable.Range('0', 10).Select(digit => (char)digit)]);
        return string.Join('.', parts);
    }

    /// <summary>Of the first parameter that is a matrix, or a kernel taken as a matrix with a row for each output; of a unit that has none, of its first vector, which gives 1.</summary>
    private static double RatioOf(UnitView unit)
    {
        int matrix = unit.Shapes.Index().Where(shape => shape.Item.Rank >= 2).Select(shape => shape.Index).FirstOrDefault(-1);
        if (matrix >= 0) return SpectralSignal.Ratio(unit.Values(matrix), unit.Shapes[matrix][0]);
        return unit.Shapes.Count == 0 ? double.NaN : SpectralSignal.Ratio(unit.Values(0), 1);
    }
}
