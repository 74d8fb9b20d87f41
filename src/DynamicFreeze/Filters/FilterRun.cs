using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

internal sealed class FilterRun<TState>(IDecisionFilter<TState> filter) : IFilterRun
    where TState : class, IStateful, new()
{
    private TState state = new();

    public void Apply(CheckContext context, FreezeDecision decision) => filter.Apply(context, decision, ref state);

    public void SaveState(StateTree tree) => state.SaveState(tree);

    public Action ReadState(StateTree tree) => state.ReadState(tree);
}
