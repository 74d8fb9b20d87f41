using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>A module that is used at two places of a model has one set of parameters, and its gradients add up.</summary>
public sealed class SharedTests
{
    [Fact]
    public void GradientsOfBothUsesAddUpAndFreezingSkipsBoth()
    {
        using var device = new ReferenceDevice();
        var layer = new Linear(3, 3, activation: Activation.Tanh);
        using var model = new Sequential(("first", new Linear(3, 3)), ("layer", layer), ("again", new Shared(layer)), ("head", new Linear(3, 2))).Initialize(device, 3);
        using Tensor x = Tensor.From(device, [0.3, -0.2, 0.5, 0.1, 0.9, -0.7], [2, 3]);
        Assert.Equal(6, model.Parameters().Count());
        Assert.Equal(["first", "layer", "head"], FreezeUnit.Of(model).Select(unit => unit.Path));
        GradCheck.Run("shared", () => model.Forward(x), [.. model.Parameters()]);

        model.ClearGradients();
        layer.Freeze();
        GradCheck.Run("shared, frozen", () => model.Forward(x), [.. model.Parameters()]);
        Assert.Null(layer.Weight.Grad);
        Assert.NotNull(((Linear)model[0]).Weight.Grad);
        Assert.Equal("Shared(layer)", model[2].ToString());
    }

    [Fact]
    public void AModuleOfNoModelOrOfAnotherIsRefused()
    {
        using var device = new CpuDevice();
        using Linear alone = new Linear(3, 3).Initialize(device, 1);
        using var other = new Sequential(("alone", alone));
        using var model = new Sequential(("first", new Linear(3, 3)), ("again", new Shared(alone))).Initialize(device, 1);
        using var scope = new Scope();
        var error = Assert.Throws<InvalidOperationException>(() => model.Forward(Tensor.Zeros(device, [1, 3])));
        Assert.Equal("'again': the module that it shares, Linear(3 → 3), is not registered in the same model.", error.Message);
    }
}
