using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A rule without its state's type, as the controller holds it. Implement <see cref="IFreezeRule{TState}"/>.</summary>
public interface IFreezeRule
{
    /// <summary>The name in logs and on the command line.</summary>
    string Name { get; }

    /// <summary>Its settings as text, the same for the same settings and only then; empty: it has none. A saved state is refused by another.</summary>
    string Settings => "";

    /// <summary>Whether it must know what a full step costs before the first step: <see cref="FreezeController.Measure"/> is then called before <see cref="FreezeController.Start"/>.</summary>
    bool NeedsCosts => false;

    /// <summary>Whether it freezes by what a freeze costs (<see cref="UnitView.Price"/>), so that its criterion must say that: <see cref="ICriterion.HasPrice"/>.</summary>
    bool NeedsPrices => false;

    /// <summary>Starts the rule with fresh state.</summary>
    IRuleRun Start();
}

/// <summary>
/// Turns all units' scores into a decision: deterministic, no mutation but of its own state. It is asked once before the first step, when no unit has been observed, and then at every check.
/// </summary>
public interface IFreezeRule<TState> : IFreezeRule
    where TState : class, IStateful, new()
{
    /// <summary>Decides.</summary>
    FreezeDecision Decide(CheckContext context, ref TState state);

    /// <inheritdoc/>
    IRuleRun IFreezeRule.Start() => new RuleRun<TState>(this);
}
