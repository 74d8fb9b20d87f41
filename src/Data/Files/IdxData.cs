namespace ResearchFreeze.Data;

/// <summary>An array of unsigned bytes, row-major: images are [count, height, width], labels [count].</summary>
/// <param name="Dimensions">The sizes, all positive.</param>
/// <param name="Values">As many bytes as the dimensions multiply to.</param>
public sealed record IdxData(int[] Dimensions, byte[] Values);
