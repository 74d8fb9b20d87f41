using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Gradients with respect to tensors, and where they stop.</summary>
public sealed class LeafTests
{
    private const int Rows = 4, In = 3, Width = 5, Classes = 2;

    [Fact]
    public void AnInputsGradientIsThatOfCentralDifferencesWhenEverythingIsFrozen()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        model.Freeze();
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Assert.False(inputs.RequiresGrad);
        Tensor leaf = inputs.AsLeaf();
        Assert.True(leaf.RequiresGrad);
        Assert.Null(leaf.Grad);
        Loss.CrossEntropy(model.Forward(leaf), labels).Backward();
        double[] x = Networks.Values(inputs), gradient = Networks.Values(leaf.Grad!);
        const double Step = 1e-5;
        for (int i = 0; i < x.Length; i++) Assert.Equal((At(i, Step) - At(i, -Step)) / (2 * Step), gradient[i], 1e-9);
        Assert.All(model.Parameters(), parameter => Assert.Null(parameter.Grad));

        double At(int element, double by)
        {
            double[] moved = [.. x];
            moved[element] += by;
            return Loss.CrossEntropy(model.Forward(Tensor.From(device, moved, inputs.Shape)), labels).Item();
        }
    }

    [Fact]
    public void AnInputsGradientIsNoWeightGradient() => TestDevices.Each(device =>
    {
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        model.Freeze();
        using (var scope = new Scope()) model.Forward(Networks.Batch(device, Rows, In, Classes).Inputs.AsLeaf()).Sum().Backward();
        Assert.Equal(0, device.Counters.Of(CostKind.WeightGradient).Launches);
        const long Products = 2L * Rows * ((In * Width) + (Width * Classes));
        Assert.InRange(device.Counters.Of(CostKind.InputGradient).Flops, Products, Products * 5 / 4);   // and the activation's
    });

    [Fact]
    public void TheGraphIsCutAtALeafAndItsGradientGoesOnByHand() => TestDevices.Each(device =>
    {
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        Loss.CrossEntropy(model.Forward(inputs), labels).Backward();
        double[][] whole = Gradients(model);
        model.ClearGradients();
        Tensor middle = model.ForwardRange(inputs, 0, 1), leaf = middle.AsLeaf();
        Assert.Same(middle.Range.Storage, leaf.Range.Storage);
        Loss.CrossEntropy(model.ForwardRange(leaf, 1, 3), labels).Backward();
        Assert.Null(model.Parameters().First().Grad);
        middle.Backward(leaf.Grad, ParameterSink.Instance);
        Assert.Equal(whole, Gradients(model));
    });

    [Fact]
    public void GradientsAddUpUntilTheyAreClearedAndGoWithTheLeaf() => TestDevices.Each(device =>
    {
        using var scope = new Scope();
        Tensor x = Tensor.From(device, [1.0, 2.0, 3.0], [3]);
        long before = device.Counters.LiveBytes;
        Tensor leaf = x.AsLeaf();
        (leaf * leaf.Reshape([3])).Sum().Backward();
        Assert.Equal([2, 4, 6], Networks.Values(leaf.Grad!));
        leaf.Sum().Backward();
        Assert.Equal([3, 5, 7], Networks.Values(leaf.Grad!));
        leaf.ClearGrad();
        Assert.Null(leaf.Grad);
        using (new Scope()) leaf.Square().Sum().Backward();
        leaf.Dispose();
        using (new Scope())
        {
            Tensor loss, other = x.AsLeaf();
            using (Tensor gone = x.AsLeaf()) loss = (gone * other).Sum();
            loss.Backward();   // nobody can read the gradient of the one that is gone
            Assert.Equal([1, 2, 3], Networks.Values(other.Grad!));
        }
        Assert.Equal(0, device.Counters.Live(MemoryKind.Gradient));
        Assert.InRange(device.Counters.LiveBytes, before, before + 1000);
    });

    [Fact]
    public void WhatIsNoLeafSaysSo()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor x = Tensor.Zeros(device, [2]);
        Assert.Equal("Tensor (2) on reference is no leaf, so no gradient is kept for it: make it one with AsLeaf().", Assert.Throws<InvalidOperationException>(() => x.Grad).Message);
        Assert.Throws<InvalidOperationException>(x.AsLeaf().Relu().ClearGrad);
        using Sequential model = Networks.Mlp(device, In, Classes);
        model.Forward(Tensor.Zeros(device, [1, In])).Sum().Backward();
        Assert.Same(model.Parameters().First().Grad, model.Parameters().First().Value.Grad);
    }

    [Fact]
    public void NothingFlowsThroughAStoppedGradient() => TestDevices.Each(device =>
    {
        using var scope = new Scope();
        Tensor leaf = Tensor.From(device, [1.0, 2.0], [2]).AsLeaf(), stopped = leaf.StopGradient();
        Assert.Same(leaf.Range.Storage, stopped.Range.Storage);
        Assert.False(stopped.RequiresGrad);
        Assert.False(stopped.Exp().RequiresGrad);
        (leaf * stopped).Sum().Backward();
        Assert.Equal([1, 2], Networks.Values(leaf.Grad!));
        Assert.Throws<NothingToTrainException>(stopped.Sum().Backward);

        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
        long saved = device.Counters.SavedBytes;
        Tensor middle = model.ForwardRange(inputs, 0, 1);
        Assert.True(device.Counters.SavedBytes > saved);
        Tensor cut = middle.StopGradient();
        middle.Dispose();
        Assert.Equal(saved, device.Counters.SavedBytes);   // nothing can reach what the first layer kept
        Loss.CrossEntropy(model.ForwardRange(cut, 1, 2), labels).Backward();
        Assert.Equal([false, false, true, true], model.Parameters().Select(parameter => parameter.Grad is not null));
        Parameter weight = model.Parameters().First();
        Assert.Throws<NothingToTrainException>(weight.Value.StopGradient().Sum().Backward);
    });

    [Fact]
    public void AModeDecidesAboutParametersAndWhetherAnythingIsRecordedNotAboutLeaves()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Classes);
        using var scope = new Scope();
        Tensor leaf = Tensor.Zeros(device, [1, In]).AsLeaf();
        using (GradMode.Override(_ => false)) model.Forward(leaf).Sum().Backward();
        Assert.NotNull(leaf.Grad);
        Assert.All(model.Parameters(), parameter => Assert.Null(parameter.Grad));
        using (GradMode.Disable()) Assert.False(model.Forward(leaf).RequiresGrad);
    }

    private static double[][] Gradients(Sequential model) => [.. model.Parameters().Select(parameter => Networks.Values(parameter.Grad!))];
}
