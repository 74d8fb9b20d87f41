using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A filter with its state.</summary>
public interface IFilterRun : IStateful
{
    /// <summary>Takes out of the decision what may not be.</summary>
    void Apply(CheckContext context, FreezeDecision decision);
}
