using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// The last unit, which is never frozen: sum + W·x over inputs x of its own. A map of the sum itself would shrink while other units are wrong, and then pull the weights of those that are right.
/// </summary>
internal sealed class PlantedHead : Module
{
    private readonly int inputs;
    private readonly int outputs;
    private readonly Parameter weight;

    public PlantedHead(int inputs, int outputs)
    {
        (this.inputs, this.outputs) = (inputs, outputs);
        weight = Register(nameof(weight), [outputs, inputs], Initializers.KaimingNormal(1));
    }

    public override Tensor Forward(Tensor input)
    {
        using Tensor own = input.Slice(1, 0, inputs), sum = input.Slice(1, inputs, inputs + outputs), added = own.Linear(weight.Value, null);
        return sum + added;
    }

    public override string ToString() => $"PlantedHead({inputs} → {outputs})";
}
