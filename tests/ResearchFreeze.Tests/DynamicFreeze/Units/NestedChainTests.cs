using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class NestedChainTests
{
    [Fact]
    public void Case10_BlocksInAnInnerChainAreUnits()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Transformer(device);
        Assert.Equal("embed blocks.b0 blocks.b1 blocks.b2 head*", UnitText.Of(model));
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) => decision.Freeze(Math.Min(context.Step, 3), "one at a time"));
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        freeze.Start();
        for (int step = 0; step < 4; step++)
        {
            Assert.Equal(step + 1, freeze.Units.Count(unit => unit.IsFrozen));
            Networks.Backward(model, device, 6, 5, 3, step);
            freeze.Step();
        }
        Assert.Equal("5 units (block), * never frozen: embed, blocks.b0, blocks.b1, blocks.b2, head*", freeze.Options.Units.Describe(freeze.Units));
    }

    [Fact]
    public void ABlockIsNamedByTheOutermostChainThatHasNothingElse()
    {
        Assert.Equal("a b*", UnitText.Of(Node.Chain(("a", Node.Chain(("x", Node.Chain(("y", Node.Layer()))))), ("b", Node.Chain(("z", Node.Layer()))))));
        Assert.Equal("a b.x b.y.z b.y.w*", UnitText.Of(Node.Chain(
            ("a", Node.Chain(("x", Node.Layer()), ("none", new Node()))), ("b", Node.Chain(("x", Node.Layer()), ("y", Node.Chain(("z", Node.Layer()), ("w", Node.Layer()))))))));
    }

    [Fact]
    public void OnlyWhatChainsIsLookedInto()
    {
        // A residual block, a container with a way of its own, and a chain that has parameters itself stay whole.
        Node withOwn = Node.Chain(("a", Node.Layer()), ("b", Node.Layer())).With(1);
        Assert.Equal("residual branches own head*", UnitText.Of(Node.Chain(
            ("residual", new Residual(new Sequential(("a", new Linear(2, 2)), ("b", new Linear(2, 2))))),
            ("branches", Node.Container(("a", Node.Layer()), ("b", Node.Layer()))),
            ("own", withOwn),
            ("head", Node.Layer()))));
        // A user's own container that says it chains is as good as a Sequential, and one of the two in the other.
        Assert.Equal("mine.a mine.b.c mine.b.d head*", UnitText.Of(Node.Chain(
            ("mine", Node.Chain(("a", Node.Layer()), ("b", new Sequential(("c", new Linear(2, 2)), ("d", new Linear(2, 2)))))), ("head", Node.Layer()))));
    }

    [Fact]
    public void ANormIsPartOfTheLayerItStandsBehindWhereSomebodyChainedThem()
    {
        Assert.Equal("stem head*", UnitText.Of(Node.Chain(("stem", Node.Chain(("conv", Node.Layer()), ("norm", Node.Norm()), ("relu", new Node()))), ("head", Node.Layer()))));
        Assert.Equal("stage.conv1 stage.conv2 head*", UnitText.Of(Node.Chain(
            ("stage", Node.Chain(("conv1", Node.Layer()), ("norm1", Node.Norm()), ("conv2", Node.Layer()), ("norm2", Node.Norm()))), ("head", Node.Layer()))));
        // In front of a layer it is that one's; deeper chains make no difference.
        Assert.Equal("stage.conv1 stage.conv2 head*", UnitText.Of(Node.Chain(
            ("stage", Node.Chain(("pre", Node.Chain(("norm", Node.Norm()))), ("conv1", Node.Layer()), ("more", Node.Chain(("norm1", Node.Norm()))), ("conv2", Node.Layer()))), ("head", Node.Layer()))));
        // What stands at the top was put there.
        Assert.Equal("fc norm head*", UnitText.Of(Node.Chain(("fc", Node.Layer()), ("norm", Node.Norm()), ("head", Node.Layer()))));
        Assert.Equal("norms head*", UnitText.Of(Node.Chain(("norms", Node.Chain(("a", Node.Norm()), ("b", Node.Norm()))), ("head", Node.Layer()))));
    }

    [Fact]
    public void AChainInsideIsObservedModuleByModule()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Transformer(device);
        using var scope = new Scope();
        var seen = new List<(string Path, double[] Values)>();
        var inner = new List<string>();
        model.OutputObserver = (module, output) => seen.Add((module.Path, Networks.Values(output)));
        ((Sequential)model[1]).OutputObserver = (module, _) => inner.Add(module.Name);
        Tensor whole = model.Forward(Networks.Batch(device, 6, 5, 3).Inputs);
        Assert.Equal(["embed", "blocks.b0", "blocks.b1", "blocks.drop", "blocks.b2", "blocks", "norm", "head"], seen.Select(one => one.Path));
        Assert.Equal(seen[4].Values, seen[5].Values);
        Assert.Equal(Networks.Values(whole), seen[^1].Values);
        Assert.Equal(["b0", "b1", "drop", "b2"], inner);
        Assert.Equal(model.Observed().Select(module => module.Path), seen.Select(one => one.Path));
        seen.Clear();
        model.ForwardRange(whole.Slice(1, 0, 3), 2, 2);
        Assert.Empty(seen);
    }

    [Fact]
    public void UnitsInAnInnerChainHaveOutputsOfTheirOwnAsTheyHaveInAFlatOne()
    {
        double[][] flat = Read(isNested: false, ownReference: false), nested = Read(isNested: true, ownReference: false);
        Assert.Equal(4, flat.Length);
        Assert.Equal(flat, nested);
        Assert.Equal(4, nested.Select(values => values[0]).Distinct().Count());
        Assert.Equal(Read(isNested: false, ownReference: true), Read(isNested: true, ownReference: true));

        static double[][] Read(bool isNested, bool ownReference)
        {
            using var device = new ReferenceDevice();
            using Sequential model = Plain(device, isNested), other = Plain(device, isNested);
            foreach (Parameter parameter in other.Parameters()) device.Fill(parameter.Value.Range, 0.1f);
            using var optimizer = new Sgd(model, new Constant(0.1f));
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, 6, 5, 3, 99);
            using var probe = new ProbeBatch(model, inputs, labels, ownReference ? other : null);
            var rule = new Scripted();
            using var freeze = new FreezeController(
                model, optimizer, new Watching(new Plasticity()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 }, probe: probe);
            for (int step = 0; step < 3; step++)
            {
                Networks.Backward(model, device, 6, 5, 3, step);
                freeze.Step();
            }
            return [.. freeze.Units.Select(unit => rule.History(unit.Index).All.Select(seen => seen.Of("plasticity")[0]).ToArray())];
        }
    }

    [Fact]
    public void AReferenceOfAnotherShapeIsRefusedNamingBoth()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Plain(device, isNested: true), other = Plain(device, isNested: false);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, 6, 5, 3);
        using var probe = new ProbeBatch(model, inputs, labels, other);
        var error = Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new Watching(new Plasticity()), new Never(), probe: probe));
        Assert.Contains("a chain of 6 modules, the model of 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DropoutGoesWithTheBlockBesideItAlsoInAndBesideAnInnerChain()
    {
        using var device = new ReferenceDevice();
        Dropout front = new(0.5f), inside = new(0.5f), behind = new(0.5f);
        using var model = new Sequential(
            ("front", front), ("blocks", new Sequential(("b0", new Linear(2, 2)), ("b1", new Linear(2, 2)))), ("drops", new Sequential(("inside", inside))), ("behind", behind), ("head", new Linear(2, 2)));
        model.Initialize(device, 1);
        model[1].Children[0].Freeze();
        Assert.Equal((true, false, false), (front.IsFrozen, inside.IsFrozen, behind.IsFrozen));
        model[1].Children[1].Freeze();
        Assert.Equal((true, true, true), (front.IsFrozen, inside.IsFrozen, behind.IsFrozen));
    }

    /// <summary>Residual blocks in one inner chain, as a transformer has them.</summary>
    private static Sequential Transformer(Device device)
    {
        var model = new Sequential(
            ("embed", new Linear(5, 4)),
            ("blocks", new Sequential(("b0", Block()), ("b1", Block()), ("drop", new Dropout(0.1f)), ("b2", Block()))),
            ("norm", new Tanh()),
            ("head", new Linear(4, 3)));
        model.Initialize(device, 1);
        return model;

        static Residual Block() => new(new Sequential(("fc", new Linear(4, 4, activation: Activation.Relu)), ("out", new Linear(4, 4))));
    }

    private static Sequential Plain(Device device, bool isNested)
    {
        (string, Module)[] middle = [("b0", new Linear(5, 4)), ("tanh0", new Tanh()), ("b1", new Linear(4, 4)), ("b2", new Linear(4, 4))];
        var model = isNested
            ? new Sequential(("middle", new Sequential(middle)), ("tanh", new Tanh()), ("head", new Linear(4, 3)))
            : new Sequential([.. middle, ("tanh", new Tanh()), ("head", new Linear(4, 3))]);
        model.Initialize(device, 1);
        // Start values are keyed by path, and here they must be the same.
        int seed = 0;
        foreach (Parameter parameter in model.Parameters())
        {
            var random = new RandomStream(5, $"{seed++}");
            device.Upload([.. Enumerable.Range(0, parameter.Shape.Count).Select(_ => (float)(0.5 * random.NextNormal()))], parameter.Value.Range);
        }
        return model;
    }
}
