using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

internal sealed class RuleRun<TState>(IFreezeRule<TState> rule) : IRuleRun
    where TState : class, IStateful, new()
{
    private TState state = new();

    public FreezeDecision Decide(CheckContext context) => rule.Decide(context, ref state);

    public void SaveState(StateTree tree) => state.SaveState(tree);

    public Action ReadState(StateTree tree) => state.ReadState(tree);
}
