using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What a frozen layer does not do: counted, not timed.</summary>
public class SkippingTests
{
    private const int Rows = 6, In = 5, Width = 4, Classes = 3;

    public static TheoryData<int, int> Products => new() { { 0b000, 8 }, { 0b001, 6 }, { 0b011, 4 }, { 0b010, 7 }, { 0b111, 3 } };

    [Theory]
    [MemberData(nameof(Products))]
    public void ThreeLayersDoExactlyTheProductsThatTrainingNeeds(int frozenMask, int products) => TestDevices.Each(device => ProductsOfThreeLayers(frozenMask, products, device));

    internal static void ProductsOfThreeLayers(int frozenMask, int products, Device device)
    {
        using Sequential model = Frozen(device, frozenMask, In, Width, Width, Classes);
        long before = device.Counters.Calls(Primitive.Gemm);
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
        if (frozenMask != 0b111) loss.Backward();
        else Assert.Throws<NothingToTrainException>(loss.Backward);
        Assert.Equal(products, device.Counters.Calls(Primitive.Gemm) - before);
    }

    [Fact]
    public void SavedBytesEqualTheClosedFormForEveryPrefixAndEverySingleFrozenUnit() => TestDevices.Each(SavedBytesEqualTheClosedForm);

    internal static void SavedBytesEqualTheClosedForm(Device device)
    {
        int[] widths = [In, 7, 9, 8, Classes];
        int layers = widths.Length - 1;
        var masks = new List<int>();
        for (int k = 0; k < layers; k++) masks.Add((1 << k) - 1);
        for (int k = 0; k < layers; k++) masks.Add(1 << k);
        foreach (int mask in masks)
        {
            using Sequential model = Frozen(device, mask, widths);
            using var scope = new Scope();
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
            Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
            Assert.Equal(ClosedForm(mask, widths, device.RealSize), device.Counters.SavedBytes);
            loss.Backward();
            Assert.Equal(0, device.Counters.SavedBytes);
        }
    }

    [Fact]
    public void R12_AFrozenMiddleLayerCostsItsInputGradientAndNothingElse() => TestDevices.Each(AFrozenMiddleLayer);

    internal static void AFrozenMiddleLayer(Device device)
    {
        using Sequential model = Frozen(device, 0b010, In, Width, Width, Classes);
        int[] numbers = DynamicFreeze.NumbersOf(device, model);
        Cost[] before = Costs();
        Networks.Backward(model, device, Rows, In, Classes);
        Cost[] done = [.. Costs().Zip(before, (after, was) => after - was)];
        Assert.Equal(0, done[0].Launches);
        Assert.Equal(2L * Rows * Width * Width, done[1].Flops);
        Assert.Equal(0, done[2].Flops);   // nothing upstream of the first layer

        Cost[] Costs() => [device.Counters.Of(numbers[1], CostKind.WeightGradient), device.Counters.Of(numbers[1], CostKind.InputGradient), device.Counters.Of(numbers[0], CostKind.InputGradient)];
    }

    [Fact]
    public void R13_AFrozenLinearLayerDoesNotKeepItsInput()
    {
        using var device = new ReferenceDevice();
        using var weight = new Parameter("w", [Width, In]);
        using var below = new Parameter("x", [Rows, In]);
        weight.Materialize(device);
        below.Materialize(device, MemoryKind.Activation);
        device.Fill(weight.Value.Range, 1);
        device.Fill(below.Value.Range, 1);
        using var scope = new Scope();
        weight.IsFrozen = true;
        Tensor y = below.Value.Linear(weight, null);
        Assert.Equal(0, device.Counters.SavedBytes);   // the weight only, which is no activation
        weight.IsFrozen = false;
        Tensor z = below.Value.Linear(weight, null);
        Assert.Equal(Rows * In * sizeof(double), device.Counters.SavedBytes);
        y.Dispose();
        z.Dispose();
        Assert.Equal(0, device.Counters.SavedBytes);
    }

    [Fact]
    public void R6_AFrozenParameterHasNoGradientAndNoBuffer() => TestDevices.Each(NoGradientBuffer);

    internal static void NoGradientBuffer(Device device)
    {
        using Sequential model = Frozen(device, 0b001, In, Width, Classes);
        long before = device.Counters.Live(MemoryKind.Gradient);
        device.Counters.ResetPeaks();
        Networks.Backward(model, device, Rows, In, Classes);
        Parameter[] parameters = [.. model.Parameters()];
        Assert.Null(parameters[0].Grad);
        Assert.Null(parameters[1].Grad);
        Assert.Equal(((Classes * Width) + Classes) * device.RealSize, device.Counters.Live(MemoryKind.Gradient) - before);
        Assert.Equal(device.Counters.Live(MemoryKind.Gradient), device.Counters.Peak(MemoryKind.Gradient));
    }

    [Fact]
    public void R11_FreezingBetweenForwardAndBackwardTakesEffectAtTheNextForward()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        Parameter first = model.Parameters().First();
        using (var scope = new Scope())
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
            Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
            first.IsFrozen = true;
            loss.Backward();
            Assert.NotNull(first.Grad);
        }
        model.ClearGradients();
        Networks.Backward(model, device, Rows, In, Classes);
        Assert.Null(first.Grad);
    }

    [Fact]
    public void R16_EverythingFrozenIsATypedErrorThatSaysSo()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        model.Freeze();
        var error = Assert.Throws<NothingToTrainException>(() => Networks.Backward(model, device, Rows, In, Classes));
        Assert.Contains("frozen", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, device.Counters.SavedBytes);
    }

    [Fact]
    public void AGraphThatIsDroppedReleasesEverythingAndADeepOneDoesNotOverflow()
    {
        using var device = new ReferenceDevice();
        using var w = new Parameter("w", [2]);
        w.Materialize(device);
        device.Fill(w.Value.Range, 0.5);
        long live = device.Counters.LiveBytes;
        for (int round = 0; round < 2; round++)
        {
            using var scope = new Scope();
            Tensor x = w.Value.Tanh();
            for (int i = 0; i < 20_000; i++) x = x.Tanh();
            if (round == 1) x.Sum().Backward();
        }
        w.ClearGrad();
        Assert.Equal(live, device.Counters.LiveBytes);
        Assert.Equal(0, device.Counters.SavedBytes);
    }

    [Fact]
    public void TheCallersOutputGradientIsNotWrittenAndOneThatTwoNodesShareServesBoth()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        using Parameter a = Weights("a", -1, 2), b = Weights("b", 3, -4);
        Tensor x = Tensor.From(device, [1f], [1, 1]), dy = Tensor.From(device, [5f, 7f], [1, 2]);
        // A sum passes its gradient on to both layers, whose activations' derivatives are different.
        Tensor y = x.Linear(a, null, Activation.Relu) + x.Linear(b, null, Activation.Relu);
        y.Backward(dy, ParameterSink.Instance);
        Assert.Equal([5f, 7f], dy.ToArray());
        Assert.Equal([0f, 7f], a.Grad!.ToArray());
        Assert.Equal([5f, 0f], b.Grad!.ToArray());

        Parameter Weights(string path, float first, float second)
        {
            var parameter = new Parameter(path, [2, 1]);
            parameter.Materialize(device);
            device.Upload([first, second], parameter.Value.Range);
            return parameter;
        }
    }

    [Fact]
    public void AStaleSavedTensorThrows()
    {
        using var device = new ReferenceDevice();
        using var w = new Parameter("w", [2]);
        w.Materialize(device);
        device.Fill(w.Value.Range, 0.5);
        using var scope = new Scope();
        Tensor y = w.Value.Exp();
        Tensor loss = y.Sum();
        device.Fill(y.Range, 3);
        var error = Assert.Throws<InvalidOperationException>(loss.Backward);
        Assert.Contains("exp", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, device.Counters.SavedBytes);
    }

    /// <summary>Everything that writes counts, an update in place too: an optimizer's step between a forward and its backward pass.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnOptimizersStepBetweenForwardAndBackwardPassIsNoticed(bool isAdam)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        using Optimizer optimizer = isAdam ? new AdamW(model, new Constant(0.1f)) : new Sgd(model, new Constant(0.1f));
        Networks.Backward(model, device, 2, 3, 2);
        using var scope = new Scope();
        Tensor loss = model.Forward(Tensor.Full(device, [2, 3], 1)).Square().Sum();
        optimizer.Step();
        optimizer.ClearGradients();
        Assert.Contains("was written", Assert.Throws<InvalidOperationException>(loss.Backward).Message, StringComparison.Ordinal);
        Assert.Equal(0, device.Counters.SavedBytes);
        model.ClearGradients();
    }

    [Fact]
    public void ASecondBackwardPassThroughAUsedUpGraphThrows()
    {
        using var device = new ReferenceDevice();
        using var w = new Parameter("w", [2]);
        w.Materialize(device);
        device.Fill(w.Value.Range, 0.5);
        using var scope = new Scope();
        Tensor loss = w.Value.Square().Sum();
        loss.Backward();
        Assert.Throws<InvalidOperationException>(loss.Backward);
    }

    [Fact]
    public void ALoopWithoutAScopeIsWarnedAboutOnce()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        var warnings = new List<string>();
        device.Warn = warnings.Add;
        var leaked = new List<Tensor>();
        for (int i = 0; i < 40; i++)
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
            Tensor logits = model.Forward(inputs), loss = Loss.CrossEntropy(logits, labels);
            loss.Backward();
            leaked.AddRange([logits, loss]);
            inputs.Dispose();
            labels.Dispose();
        }
        Assert.Single(warnings);
        Assert.Contains("new Scope()", warnings[0], StringComparison.Ordinal);
        leaked.ForEach(tensor => tensor.Dispose());
    }

    /// <summary>
    /// Each storage once, weights not counted: the input and the labels where a gradient wants them, each layer's output (its own ReLU and the next layer's weight gradient share it),
    /// the logits, and a row's log-sum-exp with the total weight.
    /// </summary>
    private static long ClosedForm(int mask, int[] widths, int realSize)
    {
        int layers = widths.Length - 1;
        int firstTrainable = 0;
        while ((mask >> firstTrainable & 1) != 0) firstTrainable++;
        long reals = 0;
        for (int layer = firstTrainable; layer < layers; layer++)
        {
            bool isTrainable = (mask >> layer & 1) == 0;
            bool inputIsKeptBelow = layer > firstTrainable;      // as the output of the layer below, for its ReLU
            if (isTrainable && !inputIsKeptBelow) reals += (long)Rows * widths[layer];
            reals += (long)Rows * widths[layer + 1];             // this layer's output: for its ReLU, or as the logits
        }
        return ((reals + Rows + 1) * realSize) + (Rows * sizeof(int));
    }

    private static Sequential Frozen(Device device, int mask, params int[] widths)
    {
        Sequential model = Networks.Mlp(device, widths);
        for (int i = 0; i < model.Count; i++)
        {
            if ((mask >> i & 1) != 0) model[i].Freeze();
        }
        return model;
    }

    private static class DynamicFreeze
    {
        public static int[] NumbersOf(Device device, ModuleBase model)
        {
            IReadOnlyList<ResearchFreeze.DynamicFreeze.FreezeUnit> units = ResearchFreeze.DynamicFreeze.FreezeUnit.Of(model);
            _ = new ResearchFreeze.DynamicFreeze.UnitNumbers(device, units);
            return [.. units.Select(unit => unit.Number)];
        }
    }
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class SkippingOpenClTests(GpuFixture fixture)
{
    public static TheoryData<int, int> Products => SkippingTests.Products;

    [Theory]
    [MemberData(nameof(Products))]
    public void ThreeLayersDoExactlyTheProductsThatTrainingNeeds(int frozenMask, int products) => SkippingTests.ProductsOfThreeLayers(frozenMask, products, fixture.OpenCl);

    [Fact]
    public void SavedBytesEqualTheClosedFormForEveryPrefixAndEverySingleFrozenUnit() => SkippingTests.SavedBytesEqualTheClosedForm(fixture.OpenCl);

    [Fact]
    public void R12_AFrozenMiddleLayerCostsItsInputGradientAndNothingElse() => SkippingTests.AFrozenMiddleLayer(fixture.OpenCl);

    [Fact]
    public void R6_AFrozenParameterHasNoGradientAndNoBuffer() => SkippingTests.NoGradientBuffer(fixture.OpenCl);
}
