using System.Globalization;

namespace ResearchFreeze.Training;

/// <summary>How a residual network for photographs is built (He et al. 2016, table 1), as torchvision has it: four stages of blocks, each but the first of half the size and twice the width.</summary>
/// <param name="Blocks">Blocks of each of the four stages.</param>
/// <param name="IsBottleneck">Blocks of 1×1, 3×3 and 1×1 convolutions, the stride in the 3×3 one ("v1.5"), whose outputs are four times as wide; else of two 3×3 ones.</param>
/// <param name="Width">Channels of the first stage's 3×3 convolutions; torchvision's have 64.</param>
public sealed record ResNetDesign(IReadOnlyList<int> Blocks, bool IsBottleneck, int Width = 64)
{
    internal const int Stages = 4, MostBlocks = 1000;

    /// <summary>Two blocks a stage.</summary>
    public static ResNetDesign ResNet18 { get; } = new([2, 2, 2, 2], IsBottleneck: false);

    /// <summary>3, 4, 6 and 3 blocks.</summary>
    public static ResNetDesign ResNet34 { get; } = new([3, 4, 6, 3], IsBottleneck: false);

    /// <summary>3, 4, 6 and 3 bottlenecks.</summary>
    public static ResNetDesign ResNet50 { get; } = new([3, 4, 6, 3], IsBottleneck: true);

    /// <summary>Channels that the last stage gives.</summary>
    public int Features => Width * 8 * (IsBottleneck ? 4 : 1);

    /// <summary>As they are written: <c>2-2-2-3</c>.</summary>
    internal string BlocksText => Written(Blocks);

    /// <summary>The design by its name; null: there is none.</summary>
    internal static ResNetDesign? Of(string name) => name switch { "resnet18" => ResNet18, "resnet34" => ResNet34, "resnet50" => ResNet50, _ => null };

    internal static string Written(IEnumerable<int> blocks) => string.Join('-', blocks);

    /// <summary>Reads what is written as <c>2-2-2-3</c>; null: it is no such thing.</summary>
    internal static int[]? Read(string blocks)
    {
        string[] parts = blocks.Split('-');
        return parts.Length == Stages && Array.TrueForAll(parts, part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= MostBlocks)
            ? Array.ConvertAll(parts, part => int.Parse(part, CultureInfo.InvariantCulture)) : null;
    }
}
