using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A rule with its state.</summary>
public interface IRuleRun : IStateful
{
    /// <summary>Decides.</summary>
    FreezeDecision Decide(CheckContext context);
}
