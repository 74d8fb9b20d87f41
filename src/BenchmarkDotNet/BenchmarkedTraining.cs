using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>What is timed: steps that train one model on one batch. It owns, and disposes, what it is given.</summary>
public sealed class BenchmarkedTraining : IDisposable
{
    private readonly Func<Tensor> loss;
    private readonly IDisposable[] owned;

    /// <summary>Describes a training.</summary>
    /// <param name="model">The model, initialised.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="loss">Runs the forward pass and returns the loss, a scalar.</param>
    /// <param name="owned">Tensors and other things that live as long: the batch.</param>
    public BenchmarkedTraining(ModuleBase model, Optimizer optimizer, Func<Tensor> loss, params IDisposable[] owned)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(owned);
        Model = model;
        Optimizer = optimizer;
        this.loss = loss;
        this.owned = owned;
    }

    /// <summary>The model.</summary>
    public ModuleBase Model { get; }

    /// <summary>Its optimizer.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>Forward, backward, update.</summary>
    public void Step()
    {
        using var scope = new Scope();
        loss().Backward();
        Optimizer.Step();
        Optimizer.ClearGradients();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable one in owned) one.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
    }
}
