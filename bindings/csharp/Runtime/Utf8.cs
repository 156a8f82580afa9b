// Texts across the boundary: UTF-8 that ends with zero, whatever the platform's own encoding is.

using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Tessera.V2TIM
{
    internal static class Utf8
    {
        /// <summary>
        /// NULL stays NULL. A zero inside would end the text and so make another text of it: it becomes C0 80, which is in
        /// no UTF-8, so that the library refuses it where it judges texts.
        /// </summary>
        internal static byte[] ToNative(string text)
        {
            if (text == null)
            {
                return null;
            }
            var parts = text.Split('\0');
            var bytes = new byte[Encoding.UTF8.GetByteCount(text) + parts.Length];
            int end = Encoding.UTF8.GetBytes(parts[0], 0, parts[0].Length, bytes, 0);
            for (int at = 1; at < parts.Length; at++)
            {
                bytes[end] = 0xC0;
                bytes[end + 1] = 0x80;
                end += 2 + Encoding.UTF8.GetBytes(parts[at], 0, parts[at].Length, bytes, end + 2);
            }
            return bytes;
        }

        /// <summary>NULL stays null.</summary>
        internal static string FromNative(IntPtr pointer)
        {
            if (pointer == IntPtr.Zero)
            {
                return null;
            }
            int length = 0;
            while (Marshal.ReadByte(pointer, length) != 0)
            {
                length++;
            }
            var bytes = new byte[length];
            Marshal.Copy(pointer, bytes, 0, length);
            return Encoding.UTF8.GetString(bytes);
        }

        /// <summary>Up to the first zero.</summary>
        internal static string FromBuffer(byte[] buffer)
        {
            int length = Array.IndexOf(buffer, (byte)0);
            return Encoding.UTF8.GetString(buffer, 0, length < 0 ? buffer.Length : length);
        }
    }
}
