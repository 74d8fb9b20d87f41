using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public class ModuleTests
{
    [Fact]
    public void PathsFollowTheTreeAndParametersComeInOrder()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(
            ("stem", new Linear(4, 5, activation: Activation.Relu)),
            ("block", new Residual(new Sequential(("a", new Linear(5, 5)), ("drop", new Dropout(0.5f))))),
            ("head", new Linear(5, 2, bias: false)));
        Assert.Equal(
            ["stem.weight", "stem.bias", "block.body.a.weight", "block.body.a.bias", "head.weight"],
            model.Parameters().Select(parameter => parameter.Path));
        Assert.Equal("block.body.drop", model.Modules().OfType<Dropout>().Single().Path);
    }

    [Fact]
    public void Case49_APathIsKnownAndNotMadeAgainByEveryModuleAbove()
    {
        // Each level used to ask its parent twice: this would not end.
        Module module = new Linear(1, 1);
        for (int depth = 0; depth < 200; depth++) module = new Residual(module);
        Module leaf = (Module)module.Modules().Last();
        Assert.Equal(string.Join('.', Enumerable.Repeat("body", 200)), leaf.Path);
        Assert.Equal($"{leaf.Path}.weight", leaf.Parameters().First().Path);
        Assert.Equal("", module.Path);
        module.Freeze();
        Assert.True(leaf.IsFrozen);
    }

    [Fact]
    public void AStartIsKeyedBySeedAndPathSoALayerMoreChangesNoOther()
    {
        using var device = new ReferenceDevice();
        using var small = new Sequential(("a", new Linear(4, 5)), ("head", new Linear(5, 2)));
        using var large = new Sequential(("a", new Linear(4, 5)), ("b", new Linear(5, 5)), ("head", new Linear(5, 2)));
        small.Initialize(device, 3);
        large.Initialize(device, 3);
        Dictionary<string, double[]> values = large.Parameters().ToDictionary(parameter => parameter.Path, Networks.Bits);
        foreach (Parameter parameter in small.Parameters()) Assert.Equal(values[parameter.Path], Networks.Bits(parameter));
        Assert.Equal("Initialize: every weight of Sequential(3) is there already; pass overwrites: true to draw them anew.", Assert.Throws<InvalidOperationException>(() => large.Initialize(device, 4)).Message);
        large.Initialize(device, 4, overwrites: true);
        Assert.NotEqual(values["a.weight"], Networks.Bits(large.Parameters().First()));
    }

    [Fact]
    public void R2_TrainNeverUndoesAFreeze()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        model[0].Freeze();
        model.Train();
        model.Eval();
        model.Train();
        Assert.True(model[0].IsFrozen);
        Assert.True(model.Parameters().First().IsFrozen);
    }

    [Fact]
    public void FreezingIsIdempotentAndDerived()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        model[0].Freeze();
        model[0].Freeze();
        Assert.True(model[0].IsFrozen);
        Assert.False(model.IsFrozen);
        Assert.Equal(2, model.Freeze(named => named.Path.StartsWith("fc2.", StringComparison.Ordinal)));
        Assert.True(model.IsFrozen);
        model.Unfreeze();
        Assert.False(model[0].IsFrozen);
    }

    [Fact]
    public void R15_APredicateThatMatchesNothingIsAnErrorNamingWhatThereIs()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        var error = Assert.Throws<ArgumentException>(() => model.Freeze(named => named.Path.StartsWith("stem.", StringComparison.Ordinal)));
        Assert.Contains("fc1.weight", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void R14_TornTiedParametersAreAnErrorNamingBothPaths()
    {
        using var device = new ReferenceDevice();
        var encoder = new Linear(4, 4);
        using var model = new Sequential(("encoder", encoder), ("decoder", new Linear(encoder.Weight)));
        model.Initialize(device, 1);
        Assert.Equal(3, model.Parameters().Count());
        var error = Assert.Throws<InvalidOperationException>(() => model.Freeze(named => named.Path.StartsWith("decoder.", StringComparison.Ordinal)));
        Assert.Contains("decoder.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("encoder.weight", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(encoder.Freeze);
        Assert.All(model.Parameters(), parameter => Assert.False(parameter.IsFrozen));
        Assert.Equal(2, model.Freeze(named => named.Path.EndsWith(".weight", StringComparison.Ordinal) || named.Path == "encoder.bias"));
    }

    [Fact]
    public void R18_DropoutIsOffInAFrozenPrefixUnlessAskedForAndOnElsewhere()
    {
        using var device = new ReferenceDevice();
        foreach (bool asked in new[] { false, true })
        {
            using var model = new Sequential(("fc1", new Linear(8, 8)), ("drop", new Dropout(0.5f, inFrozenPrefix: asked)), ("fc2", new Linear(8, 2)));
            model.Initialize(device, 1);
            Assert.Equal(1, Calls(device, model));
            model[0].Freeze();
            Assert.Equal(asked ? 1 : 0, Calls(device, model));
            model.Eval();
            Assert.Equal(0, Calls(device, model));
        }
        using var middle = new Sequential(("fc1", new Linear(8, 8)), ("fc2", new Linear(8, 8)), ("drop", new Dropout(0.5f)), ("fc3", new Linear(8, 2)));
        middle.Initialize(device, 1);
        middle[1].Freeze();
        Assert.Equal(1, Calls(device, middle));   // frozen, but no prefix

        static long Calls(Device device, Sequential model)
        {
            using var scope = new Scope();
            long before = device.Counters.Calls(Primitive.Dropout);
            model.Forward(Tensor.Full(device, [3, 8], 1));
            return device.Counters.Calls(Primitive.Dropout) - before;
        }
    }

    [Fact]
    public void DropoutDrawsAnotherMaskAtEachPassAndContinuesFromItsState()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor ones = Tensor.Full(device, [8, 8], 1);
        var state = new StateTree();
        var models = new List<Sequential>();
        Dropout Seeded()
        {
            var model = new Sequential(("drop", new Dropout(0.5f)), ("head", new Linear(8, 2)));
            model.Initialize(device, 1);
            models.Add(model);
            return (Dropout)model[0];
        }

        Dropout dropout = Seeded(), again = Seeded();
        double[] first = Networks.Values(dropout.Forward(ones)), second = Networks.Values(dropout.Forward(ones));
        Assert.NotEqual(first, second);
        Assert.Equal(first, Networks.Values(again.Forward(ones)));
        dropout.SaveState(state);
        double[] third = Networks.Values(dropout.Forward(ones));
        again.LoadState(state);
        Assert.Equal(third, Networks.Values(again.Forward(ones)));
        models.ForEach(model => model.Dispose());
    }

    [Fact]
    public void FreezingOneUnitShiftsNoOthersRandomNumbers()
    {
        using var device = new ReferenceDevice();
        double[] Masked(bool freeze)
        {
            using var model = new Sequential(
                ("fc1", new Linear(8, 8)), ("drop1", new Dropout(0.5f)), ("fc2", new Linear(8, 8)), ("drop2", new Dropout(0.5f)));
            model.Initialize(device, 1);
            if (freeze) model[0].Freeze();
            using var scope = new Scope();
            return [.. Networks.Values(model.ForwardRange(Tensor.Full(device, [4, 8], 1), 3, 4))];
        }

        Assert.Equal(Masked(false), Masked(true));
    }

    [Fact]
    public void ResidualAddsAndPassesItsGradientToBothSides()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(("in", new Linear(3, 4)), ("block", new Residual(new Linear(4, 4))), ("out", new Linear(4, 2)));
        model.Initialize(device, 5);
        using var scope = new Scope();
        double[] x = [0.3, -0.2, 0.5, 1, 0.1, -0.4];
        GradCheck.Run("residual", () => model.Forward(Tensor.From(device, x, [2, 3])), [.. model.Parameters()]);
    }

    [Fact]
    public void IdentityOperationsReturnNewHandlesSoDisposingAResultIsAlwaysSafe()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(("drop", new Dropout(0)), ("flat", new Flatten()));
        using Tensor x = Tensor.Full(device, [2, 3], 1);
        using (Tensor y = model.Forward(x)) Assert.NotSame(x, y);
        Assert.Equal([1, 1, 1, 1, 1, 1], x.ToArray());
    }

    [Fact]
    public void ShapesThatDoNotFitNameTheLayerAndBothShapes()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        using Tensor x = Tensor.Full(device, [2, 5], 1);
        var error = Assert.Throws<ShapeException>(() => model.Forward(x));
        Assert.Contains("fc1", error.Message, StringComparison.Ordinal);
        Assert.Contains("(2, 5)", error.Message, StringComparison.Ordinal);
        Assert.Contains("(4, 3)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesAreUniqueAndAModuleHasOneParent()
    {
        var shared = new Linear(2, 2);
        Assert.Throws<ArgumentException>(() => new Sequential(("a", new Linear(2, 2)), ("a", new Linear(2, 2))));
        Assert.Throws<ArgumentException>(() => new Sequential(("a", shared), ("b", shared)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Linear(0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(1));
    }

    [Fact]
    public void TheSummaryNamesBlocksCountsAndWhatIsFrozen()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 784, 256, 10);
        model[0].Freeze();
        string summary = model.Summary();
        Assert.Contains("fc1  Linear(784 → 256, relu)  200,960  frozen", summary, StringComparison.Ordinal);
        Assert.Contains("203,530 parameters, 2,570 trainable", summary, StringComparison.Ordinal);
    }
}
