using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A model whose modules run one after the other and that tells what each gives: what is measured of the outputs of units (kernel alignment, plasticity) needs one. <see cref="Sequential"/> is one.</summary>
public interface IObservedChain
{
    /// <summary>The modules in the order in which their outputs are told.</summary>
    IEnumerable<ModuleBase> ObservedModules { get; }

    /// <summary>Whether somebody is told.</summary>
    bool IsObserved { get; }

    /// <summary>Tells each module and its output while the model runs, until what it returns is disposed; then whoever was told before is told again. The output belongs to the model: read it at once, or take a new handle.</summary>
    IDisposable Observe(Action<ModuleBase, Tensor> output);
}
