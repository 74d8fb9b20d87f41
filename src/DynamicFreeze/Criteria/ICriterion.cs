namespace ResearchFreeze.DynamicFreeze;

/// <summary>Turns a unit's history into one score. Any criterion runs under any rule.</summary>
public interface ICriterion
{
    /// <summary>The name in logs and on the command line.</summary>
    string Name { get; }

    /// <summary>Its settings as text, the same for the same settings and only then; empty: it has none. A saved state is refused by another.</summary>
    string Settings => "";

    /// <summary>What has to be measured.</summary>
    IReadOnlyList<UnitStatistic> Statistics { get; }

    /// <summary>Low: finished; NaN: no opinion. Deterministic; a first observation, a NaN or a zero denominator gives NaN.</summary>
    double Score(UnitHistory history);

    /// <summary>What freezing the unit now is expected to cost, in the loss's unit (nats for cross entropy); NaN: the criterion does not know.</summary>
    double Price(UnitHistory history) => double.NaN;

    /// <summary>Whether <see cref="Price"/> can be a number: a rule that asks for prices (<see cref="IFreezeRule.NeedsPrices"/>) is refused with a criterion that has none, since it would never freeze anything.</summary>
    bool HasPrice => false;

    /// <summary>Whether it has no opinion where the run's length is not known: without <see cref="FreezeOptions.RunSteps"/> it is refused.</summary>
    bool NeedsRunSteps => false;

    /// <summary>The numbers behind the score, in words, for the decision log.</summary>
    string Explain(UnitHistory history) => FormattableString.Invariant($"{Name} {Score(history):G3}");

    /// <summary>What a low score says of a unit, as the sentence that follows its name: <c>its weights hardly change</c>.</summary>
    string Finished => $"its {Name} is low";

    /// <summary>What any other score says: <c>its weights still change</c>.</summary>
    string Unfinished => $"its {Name} is not low";

    /// <summary>A sentence about a unit whose score is below a limit, with the numbers behind it, for whoever reads a decision.</summary>
    string Conclude(UnitHistory history, double limit) => FormattableString.Invariant($"{(Score(history) < limit ? Finished : Unfinished)} ({Name} {Score(history):G3}, limit {limit:G3})");
}
