using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class UnitDivisionTests
{
    [Fact]
    public void AModelIsDividedByBlockModuleTensorAndName()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Stacked(device);
        Assert.Equal("body.fc1 body.fc2 head", Paths(FreezeUnit.Of(model)));       // the norm stays with the layer before it
        Assert.Equal("body.fc1 body.norm body.fc2 head", Paths(FreezeUnit.Of(model, UnitDivision.Modules)));
        Assert.Equal(
            "body.fc1.weight body.fc1.bias body.norm.gamma body.norm.beta body.fc2.weight body.fc2.bias head.weight head.bias", Paths(FreezeUnit.Of(model, UnitDivision.Tensors)));
        Assert.Equal("matrices vectors", Paths(FreezeUnit.Of(model, UnitDivision.By(named => named.Shape.Rank > 1 ? "matrices" : "vectors"))));
        foreach (UnitDivision division in new[] { UnitDivision.Blocks, UnitDivision.Modules, UnitDivision.Tensors })
        {
            IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model, division);
            Assert.Equal(model.Parameters().Count(), units.Sum(unit => unit.Parameters.Count));
            // The head is the last block, however many units that is.
            Assert.All(units, unit => Assert.Equal(unit.Path.StartsWith("head", StringComparison.Ordinal), unit.IsHead));
        }
    }

    [Fact]
    public void R15_AParameterThatThePredicateForgetsIsAnErrorNamingIt()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Stacked(device);
        var error = Assert.Throws<ArgumentException>(() => FreezeUnit.Of(model, UnitDivision.By(named => named.Path.StartsWith("head", StringComparison.Ordinal) ? null : "rest")));
        Assert.Contains("'head.weight'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTracedGraphDividesAChainAtItsMatricesAndLeavesAResidualBlockWhole()
    {
        using var device = new ReferenceDevice();
        using Sequential chain = Stacked(device);
        Assert.Equal("body.fc1 body.fc2 head", Paths(FreezeUnit.Of(chain, Traced(chain, device, [2, 4]))));       // the norm joins what is before it
        using var residual = new Sequential(
            ("stem", new Linear(4, 4)), ("block", new Residual(new Sequential(("fc1", new Linear(4, 4)), ("fc2", new Linear(4, 4))))), ("head", new Linear(4, 2)));
        residual.Initialize(device, 1);
        TracedDivision division = Traced(residual, device, [2, 4]);
        Assert.Equal("stem block head", Paths(FreezeUnit.Of(residual, division)));
        Assert.Empty(division.Refusals);
    }

    [Fact]
    public void ResNet20DividesItselfIntoItsStemBlocksAndHead()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Models.ResNet([16, 16, 3], 10, 20, 4);
        model.Initialize(device, 1);
        double[] buffers = [.. model.Buffers().SelectMany(buffer => Networks.Values(buffer.Value))];
        IReadOnlyList<FreezeUnit> blocks = FreezeUnit.Of(model), traced = FreezeUnit.Of(model, Traced(model, device, [2, 16, 16, 3]));
        Assert.Equal(11, traced.Count);
        Assert.Equal(blocks.Select(unit => unit.Elements), traced.Select(unit => unit.Elements));
        Assert.Equal(buffers, model.Buffers().SelectMany(buffer => Networks.Values(buffer.Value)));             // looking moves no moments
    }

    [Fact]
    public void ABoundaryThatASkipCrossesIsRefusedWithTheReasonAndATiedWeightCrossesNone()
    {
        using var device = new ReferenceDevice();
        using var skipping = new Skipping();
        skipping.Initialize(device, 1);
        TracedDivision division = UnitDivision.Traced(() => skipping.Forward(Tensor.Zeros(device, [2, 4])));
        Assert.Equal("first second head", Paths(FreezeUnit.Of(skipping, division)));
        Assert.Contains(division.Refusals, refusal => refusal.StartsWith("no boundary between 'second' and 'third': a linear before it is read by a", StringComparison.Ordinal));

        var embedding = new Linear(4, 4);
        using var tied = new Sequential(("first", embedding), ("middle", new Linear(4, 4)), ("again", new Linear(embedding.Weight)), ("head", new Linear(4, 2)));
        tied.Initialize(device, 1);
        TracedDivision ofTied = Traced(tied, device, [2, 4]);
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(tied, ofTied);
        Assert.Equal("first+again middle head", Paths(units));                                                   // what lies between the two uses has a fate of its own
        Assert.Empty(ofTied.Refusals);
    }

    [Fact]
    public void TwoSegmentsOfOneModulesOwnParametersAreToldApartByThem()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(("pair", new Pair()), ("head", new Linear(4, 2)));
        model.Initialize(device, 1);
        Assert.Equal("pair.first pair.second head", Paths(FreezeUnit.Of(model, Traced(model, device, [2, 4]))));
    }

    [Fact]
    public void AParameterThatTheTracedPassDoesNotUseIsAnErrorNamingIt()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Stacked(device);
        using Tensor inputs = Tensor.Zeros(device, [2, 4]);
        var error = Assert.Throws<ArgumentException>(() => FreezeUnit.Of(model, UnitDivision.Traced(() => model.ForwardRange(inputs, 0, 1))));
        Assert.Contains("'head.weight'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheControllerRunsOnAnyDivision()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Stacked(device);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) =>
        {
            foreach (UnitView unit in context.Units.Where(unit => unit.Path.EndsWith("weight", StringComparison.Ordinal))) decision.Freeze(unit.Index, "a weight");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm()), rule, options: FreezeOptions.WithoutTriggers with { Units = UnitDivision.Tensors });
        freeze.Start();
        Assert.Equal("body.fc1.weight body.fc2.weight", string.Join(' ', freeze.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path)));
        Networks.Backward(model, device, 5, 4, 2);
        Assert.Null(freeze.Units[0].Parameters[0].Grad);
        Assert.NotNull(freeze.Units[1].Parameters[0].Grad);
        freeze.Step();
    }

    private static string Paths(IReadOnlyList<FreezeUnit> units) => string.Join(' ', units.Select(unit => unit.Path));

    private static TracedDivision Traced(Sequential model, Device device, Shape input) => UnitDivision.Traced(() => model.Forward(Tensor.Zeros(device, input)));

    private static Sequential Stacked(Device device)
    {
        var model = new Sequential(
            ("body", new Sequential(("fc1", new Linear(4, 5, activation: Activation.Relu)), ("norm", new BatchNorm(5)), ("fc2", new Linear(5, 4)))), ("head", new Linear(4, 2)));
        model.Initialize(device, 1);
        return model;
    }

    /// <summary>Two layers in one module.</summary>
    private sealed class Pair : Module
    {
        private readonly Parameter first, second;

        public Pair()
        {
            first = Register(nameof(first), [4, 4], Initializers.Normal(1));
            second = Register(nameof(second), [4, 4], Initializers.Normal(1));
        }

        public override Tensor Forward(Tensor input) => input.Linear(first.Value, null, Activation.Tanh).Linear(second.Value, null);
    }

    /// <summary>The second layer's input skips the third.</summary>
    private sealed class Skipping : Module
    {
        private readonly Linear first, second, third, head;

        public Skipping()
        {
            first = Register(nameof(first), new Linear(4, 4));
            second = Register(nameof(second), new Linear(4, 4));
            third = Register(nameof(third), new Linear(4, 4));
            head = Register(nameof(head), new Linear(4, 2));
        }

        public override Tensor Forward(Tensor input)
        {
            Tensor a = first.Forward(input), b = second.Forward(a), c = third.Forward(b);
            return head.Forward(a + c);
        }
    }
}
