using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Who is told the outputs of a model's modules: what an <see cref="IObservedChain"/> is made with.</summary>
public sealed class OutputWatch
{
    private Action<ModuleBase, Tensor>? told;

    /// <summary>Whether somebody watches.</summary>
    public bool IsWatched => told is not null;

    /// <summary>Tells a module's output, where somebody watches, and returns it.</summary>
    public Tensor Tell(ModuleBase module, Tensor output)
    {
        told?.Invoke(module, output);
        return output;
    }

    /// <summary>See <see cref="IObservedChain.Observe"/>.</summary>
    public IDisposable Observe(Action<ModuleBase, Tensor> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var end = new End(this, told);
        told = output;
        return end;
    }

    private sealed class End(OutputWatch watch, Action<ModuleBase, Tensor>? before) : IDisposable
    {
        public void Dispose() => watch.told = before;
    }
}
