using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A rule whose decisions go through filters, in order: <c>percentile+prefix+cap</c>. A rule finds at its next check that what was refused has not happened.</summary>
public sealed class FilteredRule : IFreezeRule
{
    /// <summary>A rule behind filters.</summary>
    public FilteredRule(IFreezeRule rule, params IReadOnlyList<IDecisionFilter> filters)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(filters);
        Rule = rule;
        Filters = [.. filters];
    }

    /// <summary>The rule.</summary>
    public IFreezeRule Rule { get; }

    /// <summary>What its decisions go through.</summary>
    public IReadOnlyList<IDecisionFilter> Filters { get; }

    /// <summary>The rule's name and the filters', joined by '+'.</summary>
    public string Name => string.Join('+', Filters.Select(filter => filter.Name).Prepend(Rule.Name));

    /// <inheritdoc/>
    public string Settings => string.Join('+', Filters.Select(filter => filter.Settings).Prepend(Rule.Settings));

    /// <inheritdoc/>
    public bool NeedsCosts => Rule.NeedsCosts;

    /// <inheritdoc/>
    public bool NeedsPrices => Rule.NeedsPrices;

    /// <inheritdoc/>
    public IRuleRun Start() => new FilteredRun(Rule.Start(), [.. Filters.Select(filter => filter.Start())]);

    private sealed class FilteredRun(IRuleRun rule, IFilterRun[] filters) : IRuleRun
    {
        public FreezeDecision Decide(CheckContext context)
        {
            FreezeDecision decision = rule.Decide(context);
            foreach (IFilterRun filter in filters) filter.Apply(context, decision);
            return decision;
        }

        public void SaveState(StateTree state)
        {
            rule.SaveState(state.Branch("rule"));
            for (int i = 0; i < filters.Length; i++) filters[i].SaveState(state.Branch($"filter{i}"));
        }

        public Action ReadState(StateTree state)
        {
            Action[] changes = [rule.ReadState(state.Branch("rule")), .. filters.Select((filter, i) => filter.ReadState(state.Branch($"filter{i}")))];
            return () => Array.ForEach(changes, change => change());
        }
    }
}
