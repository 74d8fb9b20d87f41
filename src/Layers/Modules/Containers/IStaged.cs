using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A model whose forward pass is a chain of stages with one tensor between each two: it can stop behind a stage and go on from there. What a forward cache needs of a model; <see cref="Sequential"/> and the transformers have it.
/// </summary>
public interface IStaged
{
    /// <summary>The modules in their order, from the input; all parameters are in them.</summary>
    IReadOnlyList<ModuleBase> Stages { get; }

    /// <summary>Runs the stages from <paramref name="first"/> (inclusive) to <paramref name="end"/> (exclusive). The result is a new handle, also where no stage is run.</summary>
    /// <param name="batch">What the first stage begins with, and what each may look at: lengths, say.</param>
    /// <param name="input">What the stage before gave (n, …); null where <paramref name="first"/> is 0. It stays the caller's.</param>
    /// <param name="first">The first stage.</param>
    /// <param name="end">Behind the last one.</param>
    Tensor ForwardStages(Batch batch, Tensor? input, int first, int end);
}
