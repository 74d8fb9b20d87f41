using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// A unit of an additive chain. The state (rows, own inputs + inputs of later units + outputs) holds what is still to be read and the sum so far; the unit takes its own inputs x off the front and adds
/// W₂·tanh(W₁·x) to the sum. Neither layer has a bias and tanh is odd, so over inputs that are symmetric about 0 a unit's output has mean 0 whatever its weights, and no unit can make up for another's.
/// </summary>
internal sealed class PlantedUnit : Module
{
    private readonly int inputs;
    private readonly int outputs;
    private readonly Parameter inward;
    private readonly Parameter outward;

    public PlantedUnit(int inputs, int hidden, int outputs)
    {
        (this.inputs, this.outputs) = (inputs, outputs);
        // Values before the tanh have a deviation of 1.5, so that it bends.
        inward = Register(nameof(inward), [hidden, inputs], Initializers.KaimingNormal(1.5));
        outward = Register(nameof(outward), [outputs, hidden], Initializers.KaimingNormal(1));
    }

    public override Tensor Forward(Tensor input)
    {
        int width = input.Shape[1];
        using Tensor own = input.Slice(1, 0, inputs), later = input.Slice(1, inputs, width - outputs), sum = input.Slice(1, width - outputs, width);
        using Tensor bent = own.Linear(inward.Value, null, Activation.Tanh), added = bent.Linear(outward.Value, null), next = sum + added;
        return Tensor.Concatenate(1, later, next);
    }

    public override string ToString() => $"PlantedUnit({inputs} → {outputs})";
}
