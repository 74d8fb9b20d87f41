using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A unit whose gradient a test writes down: a weight and a bias of one element.</summary>
internal sealed class Cell : Module
{
    public Cell(float[] start)
    {
        Weight = Register(nameof(Weight), [start.Length - 1], (_, _, values) => start.AsSpan(0, start.Length - 1).CopyTo(values));
        Bias = Register(nameof(Bias), [1], (_, _, values) => values[0] = start[^1]);
    }

    public Parameter Weight { get; }

    public Parameter Bias { get; }

    public override Tensor Forward(Tensor input) => input * Weight.Value;
}

/// <summary>Units side by side. The loss is linear, so the gradients are the numbers given: a unit's last one is its bias's.</summary>
internal sealed class Cells : ModuleBase
{
    private readonly Device device;

    public Cells(Device device, params float[][] starts)
    {
        this.device = device;
        for (int i = 0; i < starts.Length; i++) Register($"unit{i}", new Cell(starts[i]));
        Initialize(device, 1);
    }

    /// <summary>As if one stood behind the other, so that the last one is the head.</summary>
    public override bool IsChain => true;

    public Cell this[int index] => (Cell)Children[index];

    public void Backward(params double[][] gradients)
    {
        using var scope = new Scope();
        Tensor loss = Tensor.Zeros(device, Shape.Scalar);
        for (int i = 0; i < gradients.Length; i++)
        {
            double[] gradient = gradients[i];
            Tensor weights = this[i].Weight.Value * Tensor.From(device, gradient.AsSpan(0, gradient.Length - 1), [gradient.Length - 1]);
            loss = loss + weights.Sum() + (this[i].Bias.Value * gradient[^1]).Sum();
        }
        loss.Backward();
    }
}

/// <summary>A rule that does what a test says and remembers what it was shown.</summary>
internal sealed class Scripted(Action<CheckContext, FreezeDecision>? decide = null) : IFreezeRule<NoState>
{
    public string Name => "scripted";

    public List<CheckContext> Checks { get; } = [];

    public UnitHistory History(int unit) => Checks[^1].Units[unit].History;

    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        Checks.Add(context);
        var decision = new FreezeDecision(context);
        decide?.Invoke(context, decision);
        return decision;
    }
}

/// <summary>Measures with any statistics and has no opinion.</summary>
internal sealed class Watching(params UnitStatistic[] statistics) : ICriterion
{
    public string Name => "watching";

    public IReadOnlyList<UnitStatistic> Statistics { get; } = statistics;

    public double Score(UnitHistory history) => double.NaN;
}
