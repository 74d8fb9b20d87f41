using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// What a residual branch begins with: its input, or the same memory cut from what made it. While it is alive, a dropout inside knows that nothing requires a gradient because of the cut, and not because the branch lies in a frozen
/// prefix, where it would be off: a cut changes no value.
/// </summary>
internal readonly ref struct BranchInput
{
    [ThreadStatic]
    private static int cuts;

    private readonly Tensor? cut;

    private BranchInput(Tensor input, Tensor? cut) => (Tensor, this.cut) = (cut ?? input, cut);

    /// <summary>Whether a branch that is run on this thread now is cut.</summary>
    public static bool IsWithinCut => cuts > 0;

    /// <summary>What the branch reads.</summary>
    public Tensor Tensor { get; }

    /// <summary>A branch begins.</summary>
    /// <param name="input">The module's input.</param>
    /// <param name="isCut">Whether its gradient ends here. Where none flows it makes no difference.</param>
    public static BranchInput Of(Tensor input, bool isCut)
    {
        if (!isCut || !input.RequiresGrad) return new BranchInput(input, null);
        cuts++;
        return new BranchInput(input, input.StopGradient());
    }

    /// <summary>The branch ends.</summary>
    public void Dispose()
    {
        if (cut is null) return;
        cuts--;
        cut.Dispose();
    }
}
