using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Evaluation;

/// <summary>How right a run's decisions were, where the right answer is known.</summary>
/// <param name="Frozen">Units that are frozen at the end.</param>
/// <param name="Right">Those of them that are finished.</param>
/// <param name="Expected">Units that should be frozen.</param>
/// <param name="Found">Those of them that are frozen at the end.</param>
/// <param name="WrongFreezes">How often a unit that is not finished was frozen, thawed later or not.</param>
/// <param name="Thaws">How often any unit was thawed.</param>
/// <param name="Delay">
/// Steps from the first, from which on finished units are finished, to the freeze that lasted, mean over the finished units that are frozen at the end; NaN where there are none. It includes the policy's warm-up.
/// </param>
public sealed record CriterionScore(int Frozen, int Right, int Expected, int Found, int WrongFreezes, int Thaws, double Delay)
{
    /// <summary>Finished units of all that are frozen at the end; NaN where nothing is.</summary>
    public double Precision => Frozen == 0 ? double.NaN : Right / (double)Frozen;

    /// <summary>Units frozen at the end of all that should be; NaN where none should.</summary>
    public double Recall => Expected == 0 ? double.NaN : Found / (double)Expected;

    /// <summary>Scores decisions.</summary>
    /// <param name="decisions">In their order.</param>
    /// <param name="finished">The units that are finished from the first step on: to freeze another is wrong.</param>
    /// <param name="expected">The units that should be frozen; null: every one that is finished.</param>
    public static CriterionScore Of(IReadOnlyList<DecisionEntry> decisions, IReadOnlySet<int> finished, IReadOnlySet<int>? expected = null)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(finished);
        Dictionary<int, int> since = FrozenSince(decisions);
        int[] delays = [.. since.Where(frozen => finished.Contains(frozen.Key)).Select(frozen => frozen.Value)];
        IReadOnlySet<int> wanted = expected ?? finished;
        int wrong = decisions.Count(entry => entry.Action == FreezeAction.Freeze && !finished.Contains(entry.Unit)), thaws = decisions.Count(entry => entry.Action == FreezeAction.Thaw);
        return new CriterionScore(since.Count, delays.Length, wanted.Count, since.Keys.Count(wanted.Contains), wrong, thaws, delays.Length == 0 ? double.NaN : delays.Average());
    }

    /// <summary>The units that are frozen at the end, and the steps of the freezes that lasted.</summary>
    internal static Dictionary<int, int> FrozenSince(IReadOnlyList<DecisionEntry> decisions)
    {
        var since = new Dictionary<int, int>();
        foreach (DecisionEntry entry in decisions)
        {
            if (entry.Action == FreezeAction.Freeze) since.Add(entry.Unit, entry.Step);
            else if (entry.Action == FreezeAction.Thaw) since.Remove(entry.Unit);
        }
        return since;
    }
}
