using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A module that is one operation without parameters or settings.</summary>
/// <param name="name">What it prints as.</param>
/// <param name="operation">The operation, a new handle for each input.</param>
public abstract class OneOperation(string name, Func<Tensor, Tensor> operation) : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return operation(input);
    }

    /// <summary>The name of the operation.</summary>
    public override string ToString() => name;
}
