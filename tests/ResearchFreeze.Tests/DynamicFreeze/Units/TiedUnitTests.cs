using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class TiedUnitTests
{
    [Theory]
    [InlineData("prefix-patience:threshold=100,patience=1", "embed+head blocks.b0 blocks.b1")]
    [InlineData("threshold:threshold=100,patience=1", "embed+head blocks.b0 blocks.b1")]
    [InlineData("static:2", "embed+head blocks.b0")]
    [InlineData("phases:1,2,steps=8", "embed+head blocks.b0")]
    [InlineData("rotation:units=1,every=4,order=ascending", "blocks.b0 blocks.b1 blocks.b2")]
    [InlineData("budget:rho=0.99", null)]
    [InlineData("aimd:threshold=100", null)]
    [InlineData("percentile:60,prefix=0", null)]
    public void Case29_ATiedEmbeddingAndHeadAreOneUnitAndTrainUnderEveryRule(string rule, string? frozen)
    {
        using var device = new ReferenceDevice();
        using var model = new TiedLanguageModel(device);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(
            model, optimizer, new WeightChange(), Rules.Parse(rule, Rules.Catalogue(), Rules.Filters()), options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        freeze.Start();
        for (int step = 0; step < 16; step++)
        {
            bool[] rests = [.. freeze.Units.Select(unit => unit.IsFrozen)];
            double[][] before = [.. freeze.Units.Select(Bits)];
            model.Backward(device);
            freeze.Step();
            for (int i = 0; i < rests.Length; i++) Assert.Equal(rests[i], before[i].SequenceEqual(Bits(freeze.Units[i])));
        }
        Assert.Contains(freeze.Units, unit => !unit.IsFrozen);
        if (frozen is not null) Assert.Equal(frozen, string.Join(' ', freeze.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path)));
        Assert.Contains(freeze.Decisions, entry => entry.Action == FreezeAction.Freeze);

        static double[] Bits(FreezeUnit unit) => [.. unit.Parameters.SelectMany(Networks.Bits)];
    }

    [Fact]
    public void EveryDivisionJoinsWhatIsTiedAndNamesIt()
    {
        using var device = new ReferenceDevice();
        using var model = new TiedLanguageModel(device);
        Assert.Equal("embed+head blocks.b0 blocks.b1 blocks.b2", UnitText.Of(model));
        Assert.Equal(
            "embed+head blocks.b0.body.fc blocks.b0.body.out blocks.b1.body.fc blocks.b1.body.out blocks.b2.body.fc blocks.b2.body.out", UnitText.Of(model, UnitDivision.Modules));
        IReadOnlyList<FreezeUnit> tensors = FreezeUnit.Of(model, UnitDivision.Tensors);
        Assert.Equal(["embed.weight+head.weight", "blocks.b0.body.fc.weight", "head.bias"], [tensors[0].Path, tensors[1].Path, tensors[^1].Path]);
        Assert.Equal("embed+head rest", UnitText.Of(model, UnitDivision.By(named => named.Path.StartsWith("blocks", StringComparison.Ordinal) ? "rest" : named.Path.Split('.')[0])));
        // Two names of one parameter, of which the predicate sees each.
        Assert.Equal("in+out rest", UnitText.Of(model, UnitDivision.By(named => named.Path switch { "embed.weight" => "in", "head.weight" => "out", _ => "rest" })));

        TracedDivision traced = UnitDivision.Traced(() => model.Forward(device));
        Assert.Equal("embed+head blocks.b0 blocks.b1 blocks.b2", UnitText.Of(model, traced));
        Assert.Empty(traced.Refusals);
        using var without = new TiedLanguageModel(device, bias: false);
        Assert.Equal("embed+head blocks.b0 blocks.b1 blocks.b2", UnitText.Of(without, UnitDivision.Traced(() => without.Forward(device))));
    }

    [Fact]
    public void TheUnitStandsWhereTheFirstOfThemStoodAndHasTheirParametersInOrder()
    {
        Node first = Node.Layer(), second = Node.Layer(), last = Node.Using([.. second.Parameters()]);
        var model = Node.Container(("first", first), ("second", second), ("third", Node.Layer()), ("last", last));
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model);
        Assert.Equal("first second+last third", UnitText.Of(units));
        Assert.Equal(["second.p0", "second.p1", "last.p0"], units[1].Parameters.Select(parameter => parameter.Path));
        Assert.Equal(2 + 4 + 2, units[1].Elements);
    }

    [Fact]
    public void WhatIsTiedThroughAThirdIsTied()
    {
        Node a = Node.Layer(), c = Node.Layer();
        Parameter ofA = a.Parameters().First(), ofC = c.Parameters().First();
        // c knows nothing of a; the last module uses both.
        Assert.Equal("a+c+both b", UnitText.Of(Node.Container(("a", a), ("b", Node.Layer()), ("c", c), ("both", Node.Using(ofA, ofC)))));
    }

    [Fact]
    public void WhatIsUsedInManyPlacesHasAShortName()
    {
        Node first = Node.Layer();
        Parameter[] shared = [.. first.Parameters()];
        Assert.Equal(
            "layer0+layer1+...+layer5 head", UnitText.Of(Node.Container([("layer0", first), .. Enumerable.Range(1, 5).Select(i => ($"layer{i}", (ModuleBase)Node.Using(shared))), ("head", Node.Layer())])));
    }

    [Fact]
    public void AModuleThatUsesAParameterTwiceIsOneUnitAsItIs()
    {
        Node twice = Node.Layer();
        twice.Tie(twice.Parameters().First());
        Assert.Equal("twice head", UnitText.Of(Node.Container(("twice", twice), ("head", Node.Layer()))));
        Assert.Equal("twice.p0+twice.p2 twice.p1 head.p0 head.p1", UnitText.Of(Node.Container(("twice", Twice()), ("head", Node.Layer())), UnitDivision.Tensors));

        static Node Twice()
        {
            Node node = Node.Layer();
            node.Tie(node.Parameters().First());
            return node;
        }
    }

    [Fact]
    public void WhatTheModelOwnsItselfCanBeTiedToo()
    {
        Node child = Node.Layer();
        Node model = new Node().Holding(("a", Node.Layer()), ("b", child));
        model.Tie(child.Parameters().First());
        Assert.Equal("(own)+b a", UnitText.Of(model));
    }

    [Fact]
    public void AModuleThatHasNothingButATiedWeightJoinsTheUnitThatHasIt()
    {
        using var device = new ReferenceDevice();
        var first = new Linear(4, 4);
        using var model = new Sequential(("first", first), ("middle", new Linear(4, 4)), ("again", new Linear(first.Weight, bias: false)), ("head", new Linear(4, 2)));
        model.Initialize(device, 1);
        Assert.Equal("first+again middle head*", UnitText.Of(model));
        // Its outputs are those of the last place, so the block in between keeps its own.
        Assert.Equal([2, 1, 3], FreezeUnit.Of(model).Select(unit => unit.LastBlock));
    }

    [Fact]
    public void AnEncoderThatRunsTwiceIsOneTracedUnit()
    {
        using var device = new ReferenceDevice();
        using var siamese = new Towers(device, isSiamese: true, projects: true);
        Assert.Equal("encoder.a+encoder.b projection*", UnitText.Of(siamese, UnitDivision.Traced(siamese.Loss)));
        using var alone = new Towers(device, isSiamese: true);
        Assert.Equal("encoder.a+encoder.b", UnitText.Of(alone, UnitDivision.Traced(alone.Loss)));
    }
}
