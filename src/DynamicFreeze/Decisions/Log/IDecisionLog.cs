namespace ResearchFreeze.DynamicFreeze;

/// <summary>Receives decisions as they are made.</summary>
public interface IDecisionLog
{
    /// <summary>Called once, with the run's division.</summary>
    void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units);

    /// <summary>Called for every change.</summary>
    void Write(DecisionEntry entry);

    /// <summary>Called after every step in which learning rates that follow a schedule were scaled anew; the first scale of a unit is an entry.</summary>
    void Rates(int step, IReadOnlyList<UnitRate> rates)
    {
    }

    /// <summary>Called at every check with what the rule was shown, before its decision.</summary>
    void Checked(CheckContext context)
    {
    }
}
