using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A module with an input of any type: a batch of token ids, a pair of images.</summary>
public abstract class Module<TIn> : ModuleBase
{
    /// <summary>Computes the output as a new handle, also where it is the input unchanged.</summary>
    public abstract Tensor Forward(TIn input);
}

/// <summary>A module from tensor to tensor.</summary>
public abstract class Module : Module<Tensor>
{
}
