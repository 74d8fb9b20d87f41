using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace ResearchFreeze.Plots;

/// <summary>How scores are laid out on an axis: scores of a criterion may be many times the threshold in the first steps and near it later, where it matters.</summary>
public sealed class ScoreScale
{
    // Scores that lie no further apart than this are drawn as they are.
    private const double MostLinear = 30;
    private readonly bool isLogarithmic;
    private readonly double linear;

    private ScoreScale(string name, bool isLogarithmic, double linear) => (Name, this.isLogarithmic, this.linear) = (name, isLogarithmic, linear);

    /// <summary>What is said of it beside the axis; empty: nothing.</summary>
    public string Name { get; }

    /// <summary>Whether the axis has even steps.</summary>
    public bool IsLinear => !isLogarithmic && linear == 0;

    /// <summary>The scale for some scores.</summary>
    /// <param name="scores">All that are drawn, the threshold among them.</param>
    /// <param name="threshold">Where it matters; null: around their median.</param>
    public static ScoreScale Of(IReadOnlyList<double> scores, double? threshold)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Min() > 0) return scores.Max() > MostLinear * scores.Min() ? new ScoreScale("logarithmic", true, 0) : new ScoreScale("", false, 0);
        double[] sizes = [.. scores.Select(Math.Abs).Order()];
        double near = threshold is > 0 ? threshold.Value : sizes[sizes.Length / 2];
        // With signs there is no logarithm: steps are even up to here, and grow beyond.
        return near > 0 && sizes[^1] > MostLinear / 3 * near ? new ScoreScale(FormattableString.Invariant($"logarithmic beyond ±{near:G3}"), false, near) : new ScoreScale("", false, 0);
    }

    /// <summary>Where a score is.</summary>
    public double Height(double score) => isLogarithmic ? Math.Log10(score) : linear == 0 ? score : Math.Asinh(score / linear);

    /// <summary>Scores to be named on the axis; none where it is linear.</summary>
    public IReadOnlyList<double> Ticks(double low, double high)
    {
        if (IsLinear) return [];
        double least = isLogarithmic ? low : linear;
        double[] steps =
        [
            .. Enumerable.Range((int)Math.Floor(Math.Log10(least)), (int)Math.Ceiling(Math.Log10(Math.Max(Math.Abs(low), Math.Abs(high)) / least)) + 2)
                .SelectMany(power => new[] { Math.Pow(10, power), 3 * Math.Pow(10, power) }),
        ];
        return [.. (isLogarithmic ? steps : steps.Where(step => step >= linear).SelectMany(step => new[] { -step, step }).Append(0)).Where(step => step >= low && step <= high).Order()];
    }

    /// <summary>The axis's marks; where it is linear, those that the library that draws would choose.</summary>
    internal ITickGenerator Generator(double low, double high)
    {
        if (IsLinear) return new NumericAutomatic { TickDensity = Panel.Density };
        var ticks = new NumericManual();
        foreach (double score in Ticks(low, high)) ticks.AddMajor(Height(score), score.ToString("G4", CultureInfo.InvariantCulture));
        return ticks;
    }
}
