using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>How right a run's decisions were, where the right answer is known.</summary>
/// <param name="Right">Finished units that are frozen at the end.</param>
/// <param name="Frozen">Units that are frozen at the end.</param>
/// <param name="Finished">Units that are finished.</param>
/// <param name="WrongFreezes">How often a unit that is not finished was frozen, thawed later or not.</param>
/// <param name="Thaws">How often any unit was thawed.</param>
/// <param name="Delay">
/// Steps from the first, from which on finished units are finished, to the freeze that lasted, mean over the finished units that are frozen at the end; NaN where there are none. It includes the policy's warm-up.
/// </param>
public sealed record CriterionScore(int Right, int Frozen, int Finished, int WrongFreezes, int Thaws, double Delay)
{
    /// <summary>Right freezes of all that are frozen at the end; NaN where nothing is.</summary>
    public double Precision => Frozen == 0 ? double.NaN : Right / (double)Frozen;

    /// <summary>Right freezes of all that are finished; NaN where nothing is.</summary>
    public double Recall => Finished == 0 ? double.NaN : Right / (double)Finished;

    /// <summary>Scores decisions.</summary>
    /// <param name="decisions">In their order.</param>
    /// <param name="finished">The units that are finished from the first step on.</param>
    public static CriterionScore Of(IReadOnlyList<DecisionEntry> decisions, IReadOnlySet<int> finished)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(finished);
        Dictionary<int, int> since = FrozenSince(decisions);
        int[] delays = [.. since.Where(frozen => finished.Contains(frozen.Key)).Select(frozen => frozen.Value)];
        int wrong = decisions.Count(entry => entry.Action == FreezeAction.Freeze && !finished.Contains(entry.Unit)), thaws = decisions.Count(entry => entry.Action == FreezeAction.Thaw);
        return new CriterionScore(delays.Length, since.Count, finished.Count, wrong, thaws, delays.Length == 0 ? double.NaN : delays.Average());
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
