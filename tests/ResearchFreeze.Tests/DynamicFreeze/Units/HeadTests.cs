using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class HeadTests
{
    [Theory]
    [InlineData(false, "image text")]
    [InlineData(true, "encoder.a encoder.b")]
    public void Case11_TowersAndASiameseEncoderHaveNoHeadAndAnyOfTheirUnitsCanBeFrozen(bool isSiamese, string units)
    {
        foreach (int last in new[] { 0, 1 })
        {
            using var device = new ReferenceDevice();
            using var model = new Towers(device, isSiamese);
            Assert.Equal(isSiamese ? units : "image.a image.b text.a text.b", UnitText.Of(model));
            UnitDivision division = isSiamese ? UnitDivision.Blocks : UnitDivision.By(named => named.Path.Split('.')[0]);
            Assert.Equal(units, UnitText.Of(model, division));
            using var optimizer = new Sgd(model, new Constant(0.01f));
            var rule = new Scripted((context, decision) =>
            {
                if (context.Step == 0) return;
                decision.Freeze(1 - last, "first one");
                if (context.Step > 1) decision.Freeze(last, "then the other");
            });
            using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, Units = division });
            for (int step = 0; step < 4; step++)
            {
                model.Backward();
                freeze.Step();
            }
            // Something must train: whichever was left is refused, once, with the reason.
            Assert.Equal(
                [$"step 1: freeze {units.Split(' ')[1 - last]} (rule): first one", $"step 2: refuse {units.Split(' ')[last]} (rule): one unit must train"], freeze.Decisions.Select(entry => entry.ToString()));
            Assert.Equal([last == 0, last == 1], freeze.Units.Select(unit => !unit.IsFrozen));
        }
    }

    [Fact]
    public void AChainsHeadIsItsLastBlockAndEveryUnitThatLiesInIt()
    {
        Node model = Node.Chain(("a", Node.Layer()), ("body", Node.Chain(("b", Node.Layer()), ("c", Node.Layer()))), ("out", Node.Chain(("fc", Node.Layer()), ("norm", Node.Norm()), ("relu", new Node()))), ("flatten", new Node()));
        Assert.Equal("a body.b body.c out*", UnitText.Of(model));
        Assert.Equal("a body.b body.c out.fc* out.norm*", UnitText.Of(model, UnitDivision.Modules));
        Assert.EndsWith(" body.c.p1 out.fc.p0* out.fc.p1* out.norm.p0* out.norm.p1*", UnitText.Of(model, UnitDivision.Tensors), StringComparison.Ordinal);
        // Units of one's own: what reaches beyond the last block does not feed the loss alone, wherever it stands.
        Assert.Equal("p0 p1", UnitText.Of(model, UnitDivision.By(named => named.Path.Split('.')[^1])));
        Assert.Equal("others out*", UnitText.Of(model, UnitDivision.By(named => named.Path.StartsWith("out", StringComparison.Ordinal) ? "out" : "others")));
        // The last of several layers in an inner chain is the head, not the whole chain.
        Assert.Equal("net.a net.b*", UnitText.Of(Node.Chain(("net", Node.Chain(("a", Node.Layer()), ("b", Node.Layer()))))));
        Assert.Equal("a classifier.fc classifier.out*", UnitText.Of(Node.Chain(("a", Node.Layer()), ("classifier", Node.Chain(("fc", Node.Layer()), ("out", Node.Layer()))))));
    }

    [Fact]
    public void WhatIsAloneIsNoHeadInAnyDivision()
    {
        Node alone = Node.Chain(("flatten", new Node()), ("fc", Node.Layer()));
        Assert.Equal("fc", UnitText.Of(alone));
        Assert.Equal("fc", UnitText.Of(alone, UnitDivision.Modules));
        Assert.Equal("fc.p0 fc.p1", UnitText.Of(alone, UnitDivision.Tensors));
        Assert.Equal("net", UnitText.Of(Node.Chain(("net", Node.Chain(("conv", Node.Layer()), ("norm", Node.Norm()))))));
    }

    [Fact]
    public void ATiedLastBlockIsNoHead()
    {
        Node embed = Node.Layer();
        Parameter[] shared = [.. embed.Parameters()];
        Assert.Equal("embed+head body", UnitText.Of(Node.Chain(("embed", embed), ("body", Node.Layer()), ("head", Node.Using(shared)))));
        // Its own vector lies in the last block and nowhere else.
        Assert.Equal("embed.p0+head.p1 embed.p1+head.p2 head.p0*", UnitText.Of(Node.Chain(("embed", embed = Node.Layer()), ("head", Node.Using([.. embed.Parameters()]))), UnitDivision.Tensors));
    }

    [Fact]
    public void WithAWayOfItsOwnAModelHasAHeadOnlyIfItIsNamed()
    {
        Node model = Node.Container(("stem", Node.Layer()), ("mlm", Node.Container(("dense", Node.Layer()), ("out", Node.Layer()))), ("pooler", Node.Layer()));
        Assert.Equal("stem mlm pooler", UnitText.Of(model));
        Assert.Equal("stem mlm* pooler*", UnitText.Of(model, UnitDivision.Blocks.WithHead("mlm", "pooler")));
        Assert.Equal("stem mlm.dense* mlm.out* pooler", UnitText.Of(model, UnitDivision.Modules.WithHead("mlm")));
        // A part of a unit that is never to be frozen keeps the unit from it.
        Assert.Equal("stem mlm* pooler", UnitText.Of(model, UnitDivision.Blocks.WithHead("mlm.out")));
        Assert.Equal("stem.p0 stem.p1* mlm.dense.p0", string.Join(' ', UnitText.Of(model, UnitDivision.Tensors.WithHead("stem.p1")).Split(' ').Take(3)));
        // Or the unit's own name.
        Assert.Equal("p0* p1", UnitText.Of(model, UnitDivision.By(named => named.Path.Split('.')[^1]).WithHead("p0")));
        // A name in place of what is found, and none.
        Node chain = Node.Chain(("a", Node.Layer()), ("b", Node.Layer()));
        Assert.Equal("a* b", UnitText.Of(chain, UnitDivision.Blocks.WithHead("a")));
        Assert.Equal("a b", UnitText.Of(chain, UnitDivision.Blocks.WithHead()));
        // A tied unit is one fate: what is named is never frozen.
        Node embed = Node.Layer();
        Assert.Equal("embed+head* body", UnitText.Of(Node.Container(("embed", embed), ("body", Node.Layer()), ("head", Node.Using([.. embed.Parameters()]))), UnitDivision.Blocks.WithHead("head")));
    }

    [Theory]
    [InlineData("hed")]
    [InlineData("mlm.")]
    [InlineData("ml")]
    [InlineData("")]
    public void AHeadThatIsNothingIsAnErrorNamingItAndTheUnits(string path)
    {
        var error = Assert.Throws<ArgumentException>(() => UnitText.Of(Node.Container(("stem", Node.Layer()), ("mlm", Node.Layer())), UnitDivision.Blocks.WithHead(path)));
        Assert.Equal($"Units: the head '{path}' is no unit and has no parameters; units are stem, mlm.", error.Message);
    }

    [Fact]
    public void ATraceFindsTheHeadWhateverTheModelIs()
    {
        using var device = new ReferenceDevice();
        using var tied = new TiedLanguageModel(device);
        // What ends in a weight of the embedding does not feed the loss alone.
        Assert.DoesNotContain('*', UnitText.Of(tied, UnitDivision.Traced(() => tied.Forward(device))));
        using var projected = new Towers(device, isSiamese: false, projects: true);
        Assert.EndsWith(" projection*", UnitText.Of(projected, UnitDivision.Traced(projected.Loss)), StringComparison.Ordinal);
        // The second tower lies behind the first in the order of the trace, but does not read it.
        using var towers = new Towers(device, isSiamese: false);
        Assert.DoesNotContain('*', UnitText.Of(towers, UnitDivision.Traced(towers.Loss)));
        Assert.Contains('*', UnitText.Of(towers, UnitDivision.Traced(towers.Loss).WithHead("text")));
    }

    /// <summary>A branch that begins at the inputs has no matrix and joins a unit: where that is the last one, it does not feed the loss alone.</summary>
    [Fact]
    public void ABranchOfItsOwnWithoutAMatrixInTheLastUnitLeavesTheTraceWithoutAHead()
    {
        using var device = new ReferenceDevice();
        using var last = new Skipping(device, hasLayerBehind: false);
        Assert.DoesNotContain('*', UnitText.Of(last, UnitDivision.Traced(last.Loss)));
        // With a layer behind the sum, the branch has joined an earlier unit, and that layer is the head.
        using var inner = new Skipping(device, hasLayerBehind: true);
        Assert.EndsWith(" behind*", UnitText.Of(inner, UnitDivision.Traced(inner.Loss)), StringComparison.Ordinal);
        Assert.Equal(1, UnitText.Of(inner, UnitDivision.Traced(inner.Loss)).Count(letter => letter == '*'));
    }

    /// <summary>fc2(fc1(x)) + scale·x, and perhaps a layer behind.</summary>
    private sealed class Skipping : ModuleBase
    {
        private readonly Device device;
        private readonly Linear first, second;
        private readonly Linear? behind;
        private readonly Parameter scale;

        public Skipping(Device device, bool hasLayerBehind)
        {
            this.device = device;
            (first, second) = (Register("fc1", new Linear(3, 3, activation: Activation.Tanh)), Register("fc2", new Linear(3, 3)));
            scale = Register(nameof(scale), [3], Initializers.Ones);
            behind = hasLayerBehind ? Register("behind", new Linear(3, 2)) : null;
            Initialize(device, 1);
        }

        public Tensor Loss()
        {
            Tensor x = Tensor.Full(device, [2, 3], 0.5), sum = second.Forward(first.Forward(x)) + (x * scale.Value);
            return (behind?.Forward(sum) ?? sum).Square().Sum();
        }
    }

    [Fact]
    public void UnitsAreDescribedInOneLine()
    {
        Assert.Equal("1 unit (block), no head: fc", Described(Node.Chain(("fc", Node.Layer()))));
        Assert.Equal("2 units (module), * never frozen: a, b*", Described(Node.Chain(("a", Node.Layer()), ("b", Node.Layer())), UnitDivision.Modules));
        Node many = Node.Chain([.. Enumerable.Range(0, 100).Select(i => ($"b{i}", (ModuleBase)Node.Layer()))]);
        Assert.Equal("100 units (block), * never frozen: b0, b1, b2, b3, ..., b98, b99*", Described(many));

        static string Described(ModuleBase model, UnitDivision? division = null) => (division ?? UnitDivision.Blocks).Describe(FreezeUnit.Of(model, division ?? UnitDivision.Blocks));
    }

    [Fact]
    public void NoRuleTakesANamedHeadAtTheFrontForTheEndOfTheModel()
    {
        using var device = new ReferenceDevice();
        foreach (IFreezeRule rule in (IFreezeRule[])[new Static(2), new PrefixPatience(patience: 1, threshold: 100), new FilteredRule(new Threshold(patience: 1, threshold: 100), new PrefixOnly()), new Phases([2], new PhaseEnd(Checks: 100))])
        {
            using var model = new TiedLanguageModel(device);
            using var optimizer = new Sgd(model, new Constant(0.1f));
            using var freeze = new FreezeController(
                model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, MostFrozen = 0.5, Units = UnitDivision.Blocks.WithHead("head") });
            for (int step = 0; step < 6; step++)
            {
                model.Backward(device);
                freeze.Step();
            }
            Assert.Equal("blocks.b0 blocks.b1", string.Join(' ', freeze.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path)));
        }
    }
}
