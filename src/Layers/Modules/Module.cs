using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A module with an input and an output of any type: several tensors as a record, a state beside the result.</summary>
public abstract class Module<TIn, TOut> : ModuleBase
{
    /// <summary>Computes the output: new handles, also where one is an input unchanged.</summary>
    public abstract TOut Forward(TIn input);
}

/// <summary>A module with an input of any type: a batch of token ids, a pair of images.</summary>
public abstract class Module<TIn> : Module<TIn, Tensor>
{
}

/// <summary>A module from tensor to tensor.</summary>
public abstract class Module : Module<Tensor>
{
}
