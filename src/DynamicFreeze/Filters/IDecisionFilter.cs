using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What stands between a rule and the controller and refuses parts of a decision, without its state's type. Implement <see cref="IDecisionFilter{TState}"/>.</summary>
public interface IDecisionFilter
{
    /// <summary>The name in logs and on the command line.</summary>
    string Name { get; }

    /// <summary>Its settings as text, the same for the same settings and only then; empty: it has none. A saved state is refused by another.</summary>
    string Settings => "";

    /// <summary>Starts the filter with fresh state.</summary>
    IFilterRun Start();
}

/// <summary>Refuses parts of a decision: deterministic, no mutation but of the decision and its own state. A unit it refuses stays what it is.</summary>
public interface IDecisionFilter<TState> : IDecisionFilter
    where TState : class, IStateful, new()
{
    /// <summary>Takes out of the decision what may not be. It is asked at every check, also where the decision changes nothing.</summary>
    void Apply(CheckContext context, FreezeDecision decision, ref TState state);

    /// <inheritdoc/>
    IFilterRun IDecisionFilter.Start() => new FilterRun<TState>(this);
}
