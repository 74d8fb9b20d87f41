using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>The same rate until a measurement has not become better for some time, and then a part of it, again and again. It is told of measurements (<see cref="Observe"/>); a rate of a step that was taken stays what it was.</summary>
public sealed class Plateau : Schedule
{
    private readonly float rate, factor;
    private readonly int patience;
    private readonly double margin;
    private readonly List<int> drops = [];      // the steps that have a lower rate than the one before
    private double best = double.NaN;
    private int since;

    /// <param name="rate">The rate at the start.</param>
    /// <param name="patience">Measurements without improvement after which it falls, at least 1.</param>
    /// <param name="factor">What it is multiplied with, in (0, 1).</param>
    /// <param name="margin">By how much a measurement must be better to count.</param>
    public Plateau(float rate, int patience = 2, float factor = 0.1f, double margin = 0)
    {
        this.rate = Positive(rate, "plateau schedule");
        if (patience < 1) throw new ArgumentOutOfRangeException(nameof(patience), $"Plateau: patience must be at least 1, found {patience}.");
        if (factor is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(factor), FormattableString.Invariant($"Plateau: the factor must be in (0, 1), found {factor}."));
        if (!(margin >= 0 && double.IsFinite(margin))) throw new ArgumentOutOfRangeException(nameof(margin), FormattableString.Invariant($"Plateau: the margin must be 0 or more, found {margin}."));
        (this.patience, this.factor, this.margin) = (patience, factor, margin);
    }

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"plateau:rate={rate},patience={patience},factor={factor},margin={margin}");

    /// <inheritdoc/>
    public override bool FollowsMeasurements => true;

    /// <inheritdoc/>
    public override float Rate(int step)
    {
        float now = rate;
        foreach (int drop in drops) now *= step >= drop ? factor : 1;
        return now;
    }

    /// <inheritdoc/>
    public override void Observe(int step, double value, bool higherIsBetter)
    {
        bool isBetter = double.IsNaN(best) ? !double.IsNaN(value) : higherIsBetter ? value > best + margin : value < best - margin;
        if (isBetter) (best, since) = (value, 0);
        else if (++since >= patience)
        {
            drops.Add(step);
            since = 0;
        }
    }

    /// <inheritdoc/>
    public override void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("drops", [.. drops.Select(drop => (long)drop)]);
        state.Set("count", drops.Count);
        state.Set("best", best);
        state.Set("since", since);
    }

    /// <inheritdoc/>
    public override Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        long[] steps = state.Integers("drops", state.Int32("count"), 0, int.MaxValue);
        double value = state.Real("best");
        int epochs = state.Int32("since", 0, patience - 1);
        return () =>
        {
            drops.Clear();
            drops.AddRange(steps.Select(step => (int)step));
            (best, since) = (value, epochs);
        };
    }
}
