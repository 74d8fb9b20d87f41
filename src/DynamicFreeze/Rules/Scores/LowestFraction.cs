using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// SlimFit's scheduling (Ardakani et al. 2023): at each check the ⌊F · N⌋ units with the smallest scores are frozen, heads left out, and the others train. A frozen unit keeps the score that it had when it trained last, and so
/// comes back when those of the others have fallen below it. What has no score yet counts as large, in a random order: each unit trains once before any trains twice.
/// </summary>
public sealed class LowestFraction : IFreezeRule<ScoreState>, IScheduleRule
{
    private const double Unknown = 1e7;
    private readonly double fraction;

    /// <summary>A rule.</summary>
    /// <param name="fraction">F, the part of the units without heads that is frozen; in [0, 1).</param>
    public LowestFraction(double fraction = 0.9)
    {
        if (fraction is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(fraction), FormattableString.Invariant($"lowest: the frozen part must be in [0, 1), found {fraction}."));
        this.fraction = fraction;
    }

    /// <inheritdoc/>
    public string Name => "lowest";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{fraction}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref ScoreState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        var decision = new FreezeDecision(context);
        UnitView[] units = [.. context.Units.Where(unit => !unit.IsHead)];
        if (state.Scores.Length != context.Units.Count)
        {
            state.Scores = new double[context.Units.Count];
            RandomStream random = context.Random;
            foreach (UnitView unit in units) state.Scores[unit.Index] = Unknown * (1 + random.NextDouble());
        }
        foreach (UnitView unit in units)
        {
            // A frozen unit's score is its last: it is known already.
            if (!unit.IsFrozen && double.IsFinite(unit.Score)) state.Scores[unit.Index] = unit.Score;
        }
        double[] scores = state.Scores;
        int count = (int)((fraction * units.Length) + 1e-9);
        HashSet<int> lowest = [.. units.OrderBy(unit => scores[unit.Index]).Take(count).Select(unit => unit.Index)];
        foreach (UnitView unit in units)
        {
            bool frozen = lowest.Contains(unit.Index);
            if (frozen != unit.IsFrozen) decision.Set(unit.Index, decision.Units[unit.Index] with { Frozen = frozen, Reason = FormattableString.Invariant($"{(scores[unit.Index] >= Unknown ? "not seen yet" : $"{scores[unit.Index]:G3} when it trained last")}: {(frozen ? "" : "not ")}among the {count} lowest of {units.Length}") });
        }
        return decision;
    }
}
