namespace ResearchFreeze.Layers;

/// <summary>
/// A module with a branch that a residual sum leads around: x + branch(x). Cut, the branch passes no gradient on to x; the sum still does, so that what lies upstream trains with a gradient that lacks this part: it is biased
/// (DropBP, Woo et al. 2024). The forward pass stays the same. The branch's own parameters get their gradients unless they are frozen; a branch that is frozen and cut has no backward pass at all.
/// </summary>
public interface IResidualBranch
{
    /// <summary>Whether the branch passes no gradient on. Changed between steps only.</summary>
    bool IsCut { get; set; }
}
