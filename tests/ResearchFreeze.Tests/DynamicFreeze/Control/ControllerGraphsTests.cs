using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A controller in a loop by hand whose steps are repeated: it decides behind them, and a step that holds its decision is not repeated.</summary>
[Collection("gpu")]
public sealed class ControllerGraphsTests(GpuFixture fixture)
{
    private const int Steps = 30;
    private readonly List<string> said = [];

    [Fact]
    public void BehindTheStepItDecidesAsEver()
    {
        (float[] weights, int decisions) = Run(null, within: false);
        using var graphs = new StepGraphs(fixture.OpenCl, said.Add);
        (float[] repeated, int found) = Run(graphs, within: false);
        Assert.Equal(weights, repeated);
        Assert.Equal((true, decisions), (decisions > 0, found));
        Assert.True(graphs.Replays > 0);
        Assert.Empty(said);
    }

    /// <summary>Two recordings between two checks would be the same, and nothing would be frozen any more.</summary>
    [Fact]
    public void WithinTheStepItIsRefused()
    {
        (float[] weights, int decisions) = Run(null, within: true);
        using var graphs = new StepGraphs(fixture.OpenCl, said.Add);
        (float[] found, int made) = Run(graphs, within: true);
        Assert.Equal(weights, found);
        Assert.Equal((true, decisions, 0L), (decisions > 0, made, graphs.Replays));
        Assert.Contains("AfterStep is called within the step", Assert.Single(said), StringComparison.Ordinal);
    }

    private (float[] Weights, int Decisions) Run(StepGraphs? graphs, bool within)
    {
        GpuDevice device = fixture.OpenCl;
        using Sequential model = new Sequential(("first", new Linear(4, 6)), ("relu", new Relu()), ("second", new Linear(6, 6)), ("head", new Linear(6, 3))).Initialize(device, 3);
        using var optimizer = new Sgd(model, new Constant(0.05f), momentum: 0.9f) { ClipNorm = 0.3f };
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), new PrefixPatience(threshold: 1000, patience: 3), options: new FreezeOptions { CheckEvery = 6, WarmUpSteps = 0, RegressionMargin = 0 });
        var key = new StepKey(model);
        for (int step = 0; step < Steps; step++)
        {
            using Tensor x = Tensor.From(device, [.. Enumerable.Range(0, 8).Select(i => MathF.Sin((step * 7) + i))], [2, 4]);
            using IntTensor labels = IntTensor.From(device, [step % 3, 1]);
            TensorBase[] inputs = [x, labels];
            using Tensor loss = graphs is null ? Step(inputs) : graphs.Run(key.Next(), inputs, Step, within ? null : freeze.RepeatStep);
            if (!within) freeze.AfterStep();
        }
        return ([.. model.Parameters().SelectMany(parameter => parameter.Value.ToArray())], freeze.Decisions.Count);

        Tensor Step(IReadOnlyList<TensorBase> given)
        {
            using var scope = new Scope();
            Tensor result = Loss.CrossEntropy(model.Forward((Tensor)given[0]), (IntTensor)given[1]);
            result.Backward();
            if (within)
            {
                freeze.Step();
            }
            else
            {
                freeze.BeforeStep();
                optimizer.Step();
                optimizer.ClearGradients();
            }
            return scope.Keep(result);
        }
    }
}
