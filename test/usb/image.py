# SPDX-License-Identifier: BSD-2-Clause
"""The test machine's kernel and its one file system, an initramfs, made of
Debian's own packages on this machine and of our installed programs.

Nothing is installed for it and nothing needs root's powers over devices.
"""
import glob
import lzma
import os
import re
import shutil
import struct
import subprocess

KERNEL_PACKAGE = "linux-image-amd64"
MULTIARCH = "/lib/x86_64-linux-gnu"
MODULES = ("virtio_pci", "xhci-pci", "usbcore")


class CannotMake(Exception):
    """A thing of this machine's is not there: the test is skipped."""


def run(*argv, **kw):
    return subprocess.run(argv, check=True, text=True, capture_output=True,
                          **kw).stdout


# ---- Debian's kernel

def image_package():
    for line in run("apt-cache", "depends", KERNEL_PACKAGE).splitlines():
        m = re.search(r"Depends: (linux-image-\S+)", line)
        if m:
            return m[1]
    raise CannotMake(f"apt knows no {KERNEL_PACKAGE}: apt-get update")


def download(package, folder):
    argv = ("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download",
            package)
    try:
        run(*argv, cwd=folder)
    except subprocess.CalledProcessError:
        run("apt-get", "-q", "update")  # the lists may be old
        run(*argv, cwd=folder)


def unpack_vmlinux(bzimage, out):
    """bzImage to vmlinux (Documentation/x86/boot.rst: payload_offset, _length):
    without hardware's help, unpacking it in the machine takes seconds."""
    with open(bzimage, "rb") as f:
        data = f.read()
    setup = ((data[0x1f1] or 4) + 1) * 512
    offset, length = struct.unpack_from("<II", data, 0x248)
    payload = data[setup + offset:setup + offset + length]
    if payload[:6] != b"\xfd7zXZ\0":
        raise CannotMake("the kernel's payload is not xz")
    with open(out + ".new", "wb") as f:
        f.write(lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(payload))
    os.rename(out + ".new", out)


class Kernel:
    """Downloaded once into DIR and unpacked there."""

    def __init__(self, folder):
        self.folder = folder
        self.root = f"{folder}/kernel"
        self.vmlinux = f"{folder}/vmlinux"
        if not os.path.exists(self.vmlinux):
            self.fetch()
        self.version = os.listdir(f"{self.root}/lib/modules")[0]
        # QEMU puts a vmlinux into memory anew when the machine wakes up, as at
        # a reset; this one it lets the firmware fetch, which then does not
        self.bzimage = f"{self.root}/boot/vmlinuz-{self.version}"

    def fetch(self):
        os.makedirs(self.folder, exist_ok=True)
        package = image_package()
        debs = glob.glob(f"{self.folder}/{package}_*.deb")
        if not debs:
            try:
                download(package, self.folder)
            except subprocess.CalledProcessError as e:
                raise CannotMake(f"{package} cannot be downloaded: "
                                 f"{e.stderr.strip().splitlines()[-1]}") from e
            debs = glob.glob(f"{self.folder}/{package}_*.deb")
        shutil.rmtree(self.root, ignore_errors=True)
        run("dpkg", "-x", debs[0], self.root)
        version = os.listdir(f"{self.root}/lib/modules")[0]
        run("depmod", "-b", self.root, version)
        unpack_vmlinux(f"{self.root}/boot/vmlinuz-{version}", self.vmlinux)

    def files_of(self, module):
        """A module's files, in the order in which insmod takes them."""
        out = run("modprobe", "-d", self.root, "-S", self.version,
                  "--show-depends", module)
        return re.findall(r"^insmod (\S+)", out, re.M)


# ---- the file system

class Root:
    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("bin sbin dev proc sys run tmp etc/pam.d root lib/udev "
                     "modules var/log usr/bin usr/sbin usr/lib home").split():
            os.makedirs(f"{folder}/{name}")
        os.symlink("../run", f"{folder}/var/run")

    def put(self, source, place=None):
        """A file or folder of this machine's, at the same place or another."""
        to = self.folder + (place or source)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, to, dirs_exist_ok=True)
        else:
            shutil.copy2(source, to)

    def program(self, name):
        path = shutil.which(name, path="/usr/local/bin:/usr/sbin:/usr/bin:"
                                       "/sbin:/bin")
        if path is None:
            raise CannotMake(f"no program {name} on this machine")
        self.put(os.path.realpath(path), path)

    def write(self, place, text, mode=0o644):
        path = self.folder + place
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def libraries(self):
        """What the programs and libraries need that is not there yet."""
        files = [os.path.join(d, f) for d, _, names in os.walk(self.folder)
                 for f in names]
        programs = [f for f in files if not os.path.islink(f) and elf(f)]
        env = {**os.environ, "LD_LIBRARY_PATH": ""}
        out = subprocess.run(["ldd", *programs], text=True, check=False, env=env,
                             capture_output=True).stdout
        needed = set(re.findall(r"(/\S+\.so\S*) \(0x", out))
        # loaded by name when a thread ends
        needed.add(f"{MULTIARCH}/libgcc_s.so.1")
        for lib in needed:
            if not os.path.exists(self.folder + lib):
                self.put(os.path.realpath(lib), lib)
        self.write("/etc/ld.so.conf", f"{MULTIARCH}\n/usr{MULTIARCH}\n"
                                      f"/usr/local{MULTIARCH}\n")
        run("ldconfig", "-r", self.folder)

    def pack(self, out):
        names = run("find", ".", cwd=self.folder)
        with open(out, "wb") as f:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"],
                           input=names.encode(), stdout=f, check=True,
                           cwd=self.folder)


def elf(path):
    try:
        with open(path, "rb") as f:
            return f.read(4) == b"\x7fELF"
    except OSError:
        return False


def add_modules(root, kernel, modules):
    for m in modules:
        names = []
        for path in kernel.files_of(m):
            name = os.path.basename(path)
            names.append(name)
            to = f"{root.folder}/modules/{name}"
            if not os.path.exists(to):
                # neither debug data nor the signature is of use there
                run("strip", "--strip-debug", "-o", to, path)
        root.write(f"/modules/{m}.list", "".join(n + "\n" for n in names))


def install_ours(root, build):
    """As `meson install` would; without debug data, which fills memory."""
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--strip",
        env={**os.environ, "DESTDIR": root.folder})


def move_module(root):
    """To where libpam looks; an administrator gives meson the prefix /usr."""
    ours = glob.glob(f"{root.folder}/usr/local/**/pam_smartcard.so",
                     recursive=True)
    os.rename(ours[0], f"{root.folder}{MULTIARCH}/security/pam_smartcard.so")


def make(folder, build, init, more):
    """(bzImage, initramfs); `more`: file here -> place there"""
    kernel = Kernel(folder)
    root = Root(f"{folder}/root")
    add_modules(root, kernel, MODULES)
    root.put("/bin/busybox")
    root.put(init, "/init")
    os.chmod(f"{root.folder}/init", 0o755)
    root.put(f"{os.path.dirname(init)}/agent", "/agent")
    for name in ("pcscd pcsc_scan opensc-tool pkcs11-tool openssl pamtester lsusb "
                 "systemd-sysusers getfacl").split():
        root.program(name)
    root.put("/bin/udevadm")
    root.put("/bin/udevadm", "/lib/systemd/systemd-udevd")
    for rules in ("50-udev-default", "60-fido-id", "70-uaccess", "92-libccid"):
        root.put(f"/lib/udev/rules.d/{rules}.rules")
    for driver in ("ccid", "acsccid"):
        root.put(f"/usr/lib/pcsc/drivers/ifd-{driver}.bundle")
    root.put("/etc/libccid_Info.plist")
    for module in ("unix", "permit", "deny"):
        root.put(f"{MULTIARCH}/security/pam_{module}.so")
    root.put(f"/usr{MULTIARCH}/libpcsclite.so.1")
    root.put(f"/usr{MULTIARCH}/opensc-pkcs11.so")
    root.write("/etc/passwd", "root:x:0:0:root:/:/bin/sh\n"
                              "alice:x:1000:1000:Alice:/nonexistent:/bin/sh\n"
                              "bob:x:1001:1001:Bob:/nonexistent:/bin/sh\n")
    root.write("/etc/group", "root:x:0:\ntty:x:5:\nalice:x:1000:\n"
                             "bob:x:1001:\n")
    root.write("/etc/shadow", "root:*:19000:0:99999:7:::\n"
                              "alice:*:19000:0:99999:7:::\n"
                              "bob:*:19000:0:99999:7:::\n", 0o640)
    root.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\n"
                                     "shadow: files\n")
    root.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    root.write("/etc/pam.d/scs", "auth required pam_smartcard.so\n"
                                 "account required pam_unix.so\n")
    for source, place in more.items():
        root.put(source, place)
    install_ours(root, build)
    move_module(root)
    root.libraries()
    initramfs = f"{folder}/initramfs"
    root.pack(initramfs)
    return kernel.bzimage, initramfs
