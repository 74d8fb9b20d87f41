using System.Text;

namespace ResearchFreeze.Data;

/// <summary>Text files in UTF-8, or with a mark of their encoding. Bytes that are no text are an error: taken as one and the same substitute, they would make one name of several.</summary>
internal static class StrictText
{
    /// <summary>UTF-8 that throws a <see cref="DecoderFallbackException"/> instead of substituting.</summary>
    public static Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What is wrong with a file that has other bytes.</summary>
    public static DataFormatException Wrong(string path, DecoderFallbackException error) =>
        new(path, "text in UTF-8", $"bytes that are none (0x{Convert.ToHexString(error.BytesUnknown ?? [])}): save it as UTF-8", error);
}
